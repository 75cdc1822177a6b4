/**
 * Runs real PostgreSQL and Kafka servers for tests, as child processes that can be killed, paused and restarted, and that never
 * outlive the JVM that started them.
 */
@NullMarked
package io.reliablemessaging.test;

import org.jspecify.annotations.NullMarked;
