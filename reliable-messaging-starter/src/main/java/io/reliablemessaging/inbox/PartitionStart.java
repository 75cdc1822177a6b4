package io.reliablemessaging.inbox;

import java.util.List;

/**
 * Tells a consumer what came before it in a partition.
 *
 * @param deaths how many consumers in a row have died at this position
 * @param horizon what the inbox may have forgotten
 * @param skipped offsets from the position on that a person has told the group to leave out, in order
 */
public record PartitionStart(int deaths, Horizon horizon, List<Long> skipped) {

    public PartitionStart {
        skipped = List.copyOf(skipped);
    }
}
