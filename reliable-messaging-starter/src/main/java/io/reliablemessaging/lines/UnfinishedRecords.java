package io.reliablemessaging.lines;

/** Counts the unfinished records of one partition, and charges their memory to the budget. Not thread-safe. */
final class UnfinishedRecords {

    private final MemoryBudget.Account memory;
    private int records;
    private long bytes;

    UnfinishedRecords(MemoryBudget.Account memory) {
        this.memory = memory;
    }

    void add(LineEntry entry) {
        records++;
        bytes += entry.bytes();
        memory.add(entry.bytes());
    }

    void remove(LineEntry entry) {
        records--;
        bytes -= entry.bytes();
        memory.remove(entry.bytes());
    }

    /** Removes all records at once. */
    void clear() {
        memory.remove(bytes);
        records = 0;
        bytes = 0;
    }

    int records() {
        return records;
    }

    long bytes() {
        return bytes;
    }
}
