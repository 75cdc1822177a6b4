package io.reliablemessaging.listener;

import io.reliablemessaging.deadletter.Claim;
import io.reliablemessaging.listener.Delivered.Handled;
import io.reliablemessaging.wire.WireMessage;
import java.util.Optional;
import java.util.OptionalLong;
import net.bytebuddy.asm.Advice;

/** What to weave into the listeners to break them. */
public final class ListenerMutations {

    private ListenerMutations() {}

    /** {@code PartitionWork.toCommit}: what has been read counts as done. */
    public static final class CommitsWhatIsRead {

        private CommitsWhatIsRead() {}

        @Advice.OnMethodExit
        @SuppressWarnings("UnusedVariable") // assigning it changes what is returned
        static void toCommit(
                @Advice.FieldValue("position") long position, @Advice.Return(readOnly = false) OptionalLong offset) {
            offset = position < 0 ? OptionalLong.empty() : OptionalLong.of(position);
        }
    }

    /** {@code PartitionWork.toCommit}: never is there anything to commit. */
    public static final class CommitsNothing {

        private CommitsNothing() {}

        @Advice.OnMethodExit
        @SuppressWarnings("UnusedVariable") // assigning it changes what is returned
        static void toCommit(@Advice.Return(readOnly = false) OptionalLong offset) {
            offset = OptionalLong.empty();
        }
    }

    /** {@code ParkedKeys.mayHold}: nobody waits behind a parked message. */
    public static final class ForgetsParkedKeys {

        private ForgetsParkedKeys() {}

        @Advice.OnMethodExit
        @SuppressWarnings("UnusedVariable") // assigning it changes what is returned
        static void mayHold(@Advice.Return(readOnly = false) boolean may) {
            may = false;
        }
    }

    /** {@code ParkedDelivery.handle}: a parked message that is in the inbox was handled, it believes. */
    public static final class TakesTheInboxRowForDone {

        private TakesTheInboxRowForDone() {}

        @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
        static Object handle(
                @Advice.FieldValue("settings") ListenerSettings settings,
                @Advice.FieldValue("stores") ListenerStores stores,
                @Advice.Argument(0) Claim claim) {
            WireMessage message = claim.message().message();
            if (stores.inbox().take(settings.group(), message.topic(), message.id(), settings.transactionLimit())
                    || !stores.queues().begin(claim)) {
                return null;
            }
            stores.queues().next(claim);
            return Optional.of(new Handled());
        }

        @Advice.OnMethodExit
        @SuppressWarnings("UnusedVariable") // assigning it changes what is returned
        static void handled(@Advice.Enter Object handled, @Advice.Return(readOnly = false) Optional<Delivered> end) {
            if (handled != null) {
                end = Optional.of(new Handled());
            }
        }
    }
}
