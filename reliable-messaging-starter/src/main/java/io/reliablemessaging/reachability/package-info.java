/** Finds out whether PostgreSQL and Kafka answer, for people: one outage is one trouble and one log line, whichever component notices it. */
@NullMarked
package io.reliablemessaging.reachability;

import org.jspecify.annotations.NullMarked;
