package io.reliablemessaging.inbox;

import java.util.List;

/**
 * The past of a partition, as far as a consumer needs to know it.
 *
 * @param deaths how many consumers in a row have crashed at this position
 * @param horizon the offset below which the inbox may have forgotten messages
 * @param skipped offsets from the position on that a person has told the group to skip, in order
 */
public record PartitionStart(int deaths, InboxHorizon horizon, List<Long> skipped) {

    public PartitionStart {
        skipped = List.copyOf(skipped);
    }
}
