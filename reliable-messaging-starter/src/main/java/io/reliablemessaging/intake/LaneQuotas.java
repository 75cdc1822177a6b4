package io.reliablemessaging.intake;

import io.reliablemessaging.outbox.OutboxReader.Head;
import io.reliablemessaging.outbox.OutboxRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Decides how many rows of each lane to read at once: few at first, and twice as many whenever a lane fills its quota.
 * So one busy lane gets as much as many quiet ones, and the memory in use follows the size of the rows, not the
 * backlog.
 */
final class LaneQuotas {

    private static final int FEW = 16;
    private static final int MANY = 2048;
    private static final double UNKNOWN = 1 << 20;

    private final Map<Integer, Integer> quotas = new HashMap<>();
    // before the first reading: so few rows that even the largest messages fit into memory
    private double averageBytes = UNKNOWN;

    /** Plans how many rows to read of each lane, given how much may still be in flight. */
    List<Head> planHeads(
            Collection<Integer> lanes, LaneFloors laneFloors, Set<String> leftOut, int freeRows, long freeBytes) {
        int rows = (int) Math.min(freeRows, Math.max(1, freeBytes / averageBytes));
        int wanted = lanes.stream().mapToInt(this::quotaOf).sum();
        double scale = wanted > rows ? (double) rows / wanted : 1;
        List<Head> heads = new ArrayList<>(lanes.size());
        for (int lane : lanes) {
            int quota = Math.max(1, (int) (quotaOf(lane) * scale));
            heads.add(new Head(lane, quota, laneFloors.readAfter(lane, leftOut)));
        }
        return heads;
    }

    /**
     * Adapts the quotas to a reading.
     *
     * @return whether some lane has filled its quota, so that it probably has more rows
     */
    boolean learn(List<Head> asked, Map<Integer, Intake.Given> given, List<OutboxRecord> read) {
        if (averageBytes == UNKNOWN) {
            averageBytes = read.stream().mapToInt(OutboxRecord::size).average().orElse(UNKNOWN);
        }
        for (OutboxRecord row : read) {
            averageBytes += (row.size() - averageBytes) / 64;
        }
        boolean more = false;
        for (Head head : asked) {
            int rows = given.getOrDefault(head.lane(), Intake.Given.NOTHING).rows();
            if (rows >= head.quota()) {
                more = true;
                quotas.put(head.lane(), Math.min(MANY, Math.max(quotaOf(head.lane()), 2 * rows)));
            } else {
                quotas.put(head.lane(), Math.max(FEW, Math.min(quotaOf(head.lane()), 2 * rows)));
            }
        }
        return more;
    }

    private int quotaOf(int lane) {
        return quotas.getOrDefault(lane, FEW);
    }
}
