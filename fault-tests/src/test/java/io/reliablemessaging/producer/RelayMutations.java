package io.reliablemessaging.producer;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.faults.ErrorSwitch;
import io.reliablemessaging.faults.Gate;
import io.reliablemessaging.outbox.OutboxRecord;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import net.bytebuddy.asm.Advice;

/** Code to weave into the sending of rows, to break it or to stop it at a place. */
public final class RelayMutations {

    private RelayMutations() {}

    /** {@code RelayProducer.send}: what is handed to the producer counts as acknowledged. */
    public static final class AcknowledgesUnasked {

        private AcknowledgesUnasked() {}

        @Advice.OnMethodEnter
        static void send(@Advice.Argument(0) OutboxRecord row, @Advice.Argument(1) Completions completions) {
            completions.acknowledged(
                    row, new Confirmation(row.message().id(), row.message().topic(), 0, 0, Instant.EPOCH));
        }
    }

    /** {@code ProducerConfiguration.safe}: the producer's own default. */
    public static final class SendsFiveAtOnce {

        private SendsFiveAtOnce() {}

        @Advice.OnMethodExit
        static void safe(@Advice.Return Map<String, Object> config) {
            config.put("max.in.flight.requests.per.connection", 5);
        }
    }

    /** {@code BlockedKeys.follow}: what another instance has put into quarantine holds nothing back. */
    public static final class SkipsTheMethod {

        private SkipsTheMethod() {}

        @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
        static boolean skip() {
            return true;
        }
    }

    /** {@code QuarantineTable.move}: stops before the statement. */
    public static final class GateBeforeMove {

        private GateBeforeMove() {}

        @Advice.OnMethodEnter
        static void move() {
            Gate.pass("move");
        }
    }

    /** {@code RelayProducer.confirmation}: stops the producer's thread, in the callback of a record that the broker has taken. */
    public static final class GateBeforeConfirmation {

        private GateBeforeConfirmation() {}

        @Advice.OnMethodEnter
        static void confirmation() {
            Gate.pass("confirmation");
        }
    }

    /** Any method: an {@link Error} as long as the switch of that place is on, named by class and method. */
    public static final class FailsWithAnError {

        private FailsWithAnError() {}

        @Advice.OnMethodEnter
        static void enter(@Advice.Origin("#t.#m") String place) {
            ErrorSwitch.pass(place);
        }
    }

    /** {@code RelayProducer.send}: stops after it, at a gate for each key. */
    public static final class GateAfterSend {

        private GateAfterSend() {}

        @Advice.OnMethodExit
        static void send(@Advice.Argument(0) OutboxRecord row) {
            Gate.pass("sent-" + new String(row.message().key(), StandardCharsets.UTF_8));
        }
    }
}
