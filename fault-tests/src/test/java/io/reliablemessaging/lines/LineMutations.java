package io.reliablemessaging.lines;

import io.reliablemessaging.lines.OffsetSpan.Committable;
import io.reliablemessaging.lines.OffsetSpan.Slot;
import net.bytebuddy.asm.Advice;

/** Code to weave into the offsets of a partition, to break them. */
public final class LineMutations {

    private LineMutations() {}

    /** {@code OffsetSpan.add}: what has been read counts as finished. */
    public static final class FinishesWhatIsRead {

        private FinishesWhatIsRead() {}

        @Advice.OnMethodExit
        static void add(@Advice.This OffsetSpan span, @Advice.Return Slot slot) {
            span.finish(slot);
        }
    }

    /** {@code OffsetSpan.toCommit}: never is there anything to commit. */
    public static final class CommitsNothing {

        private CommitsNothing() {}

        @Advice.OnMethodExit
        @SuppressWarnings("UnusedVariable") // assigning it changes what is returned
        static void toCommit(@Advice.Return(readOnly = false) Committable offset) {
            offset = null;
        }
    }
}
