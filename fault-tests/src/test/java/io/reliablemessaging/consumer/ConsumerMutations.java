package io.reliablemessaging.consumer;

import io.reliablemessaging.consumer.OffsetSpan.Committable;
import io.reliablemessaging.consumer.OffsetSpan.Slot;
import net.bytebuddy.asm.Advice;

/** What to weave into the reading of records to break it. */
public final class ConsumerMutations {

    private ConsumerMutations() {}

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
