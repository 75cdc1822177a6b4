package io.reliablemessaging.deadletter;

import io.reliablemessaging.faults.Gate;
import net.bytebuddy.asm.Advice;

/** What to weave into redrives to stop them at a place. */
public final class RedriveMutations {

    private RedriveMutations() {}

    /** {@code Redrive.applyToDead}: there is a gate before the commit of the chunk that reaches the 400th dead letter. */
    public static final class GateAmidTheThirdChunk {

        private GateAmidTheThirdChunk() {}

        @Advice.OnMethodExit
        static void applyToDead(@Advice.Argument(1) int position) {
            if (position >= 400) {
                Gate.pass("redrive");
            }
        }
    }
}
