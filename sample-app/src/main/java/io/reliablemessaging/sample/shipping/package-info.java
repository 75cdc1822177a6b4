/** Makes one shipment of each order, however often Kafka delivers the news. */
@NullMarked
package io.reliablemessaging.sample.shipping;

import org.jspecify.annotations.NullMarked;
