/** Creates one shipment for each order, however often Kafka delivers its message. */
@NullMarked
package io.reliablemessaging.sample.shipping;

import org.jspecify.annotations.NullMarked;
