/** Owns {@code outbox_quarantine}: messages that Kafka refused for good, and the later ones of their keys. */
@NullMarked
package io.reliablemessaging.quarantine;

import org.jspecify.annotations.NullMarked;
