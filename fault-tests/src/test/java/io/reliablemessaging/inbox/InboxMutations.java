package io.reliablemessaging.inbox;

import net.bytebuddy.asm.Advice;

/** What to weave into the inbox to break it. */
public final class InboxMutations {

    private InboxMutations() {}

    /** {@code Inbox.take}: every message is a new one. */
    public static final class LetsEverythingIn {

        private LetsEverythingIn() {}

        @Advice.OnMethodExit
        @SuppressWarnings("UnusedVariable") // assigning it changes what is returned
        static void take(@Advice.Return(readOnly = false) ChargeResult chargeResult) {
            chargeResult = ChargeResult.NEW;
        }
    }
}
