package io.reliablemessaging.delivery;

import io.reliablemessaging.deadletter.KeyClaim;
import io.reliablemessaging.delivery.DeliveryOutcome.Handled;
import io.reliablemessaging.inbox.ChargeResult;
import io.reliablemessaging.wire.WireMessage;
import net.bytebuddy.asm.Advice;

/** What to weave into deliveries to break them. */
public final class DeliveryMutations {

    private DeliveryMutations() {}

    /** {@code ParkedKeys.checkMayBeParked}: nobody waits behind a parked message. */
    public static final class ForgetsParkedKeys {

        private ForgetsParkedKeys() {}

        @Advice.OnMethodExit
        @SuppressWarnings("UnusedVariable") // assigning it changes what is returned
        static void checkMayBeParked(@Advice.Return(readOnly = false) boolean may) {
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
                @Advice.Argument(0) KeyClaim keyClaim) {
            WireMessage message = keyClaim.message().message();
            ChargeResult chargeResult = stores.inbox()
                    .take(
                            settings.group(),
                            message.topic(),
                            LiveDelivery.arrival(keyClaim.message()),
                            settings.transactionLimit());
            if (chargeResult == ChargeResult.NEW || !stores.queues().begin(keyClaim)) {
                return null;
            }
            stores.queues().advance(keyClaim);
            return new Handled(1);
        }

        @Advice.OnMethodExit
        @SuppressWarnings("UnusedVariable") // assigning it changes what is returned
        static void handled(
                @Advice.Enter Object handled, @Advice.Return(readOnly = false) DeliveryOutcome deliveryOutcome) {
            if (handled != null) {
                deliveryOutcome = new Handled(1);
            }
        }
    }
}
