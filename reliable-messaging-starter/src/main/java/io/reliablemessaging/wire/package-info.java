/** Defines what crosses the network: header names, payload bytes, and how this application reaches its Kafka cluster. */
@NullMarked
package io.reliablemessaging.wire;

import org.jspecify.annotations.NullMarked;
