/** Says which instance sends which lane: the number of lanes, leases by the database's clock, notices between instances. Owns {@code relay_lane}, {@code relay_instance} and the number of lanes. */
@NullMarked
package io.reliablemessaging.lanes;

import org.jspecify.annotations.NullMarked;
