package io.reliablemessaging.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.UnrecoverableMessageException;
import java.util.ArrayList;
import java.util.List;
import kotlin.jvm.internal.Intrinsics;
import org.junit.jupiter.api.Test;
import org.springframework.kafka.support.KafkaHeaders;
import org.springframework.messaging.handler.annotation.Header;

/** Handlers of the shape that Kotlin's compiler gives them. */
@SuppressWarnings("unused")
class KotlinHandlersTests {

    private final HandledMessages messages = new HandledMessages();
    private final Shipping shipping = new Shipping();

    /** {@code data class Order(val id: String)}. */
    static final class Order {

        private final String id;

        @JsonCreator // what Jackson's Kotlin module sees for itself
        Order(@JsonProperty("id") String id) {
            Intrinsics.checkNotNullParameter(id, "id");
            this.id = id;
        }

        public final String getId() {
            return id;
        }

        public final String component1() {
            return id;
        }

        public static Order copy$default(Order order, String id, int mask, Object marker) {
            return new Order((mask & 1) != 0 ? order.id : id);
        }
    }

    /** {@code class Shipping { @ReliableListener fun ship(order: Order, ...) }}. */
    static final class Shipping {

        final List<String> shipped = new ArrayList<>();

        public final void ship(
                Order order, IncomingMessage<Order> message, @Header(KafkaHeaders.RECEIVED_KEY) String key) {
            Intrinsics.checkNotNullParameter(order, "order");
            Intrinsics.checkNotNullParameter(message, "message");
            Intrinsics.checkNotNullParameter(key, "key");
            shipped.add(order.getId() + key);
        }

        /** {@code fun note(order: Order, @Header("note", required = false) note: String = "none")}. */
        public final void note(Order order, @Header(name = "note", required = false) String note) {
            Intrinsics.checkNotNullParameter(order, "order");
            Intrinsics.checkNotNullParameter(note, "note");
            shipped.add(order.getId() + note);
        }

        public static void note$default(Shipping shipping, Order order, String note, int mask, Object marker) {
            shipping.note(order, (mask & 2) != 0 ? "none" : note);
        }

        /** {@code fun cancel(order: Order?)}. */
        public final void cancel(Order order) {
            shipped.add(order == null ? "cancelled" : order.getId());
        }

        /** {@code fun other(order: Order)}, which calls another function with null. */
        public final void other(Order order) {
            Intrinsics.checkNotNullParameter(order, "order");
            note(order, null);
        }
    }

    @Test
    void finalFunctionsOfFinalClassesAreCalled() {
        messages.handle(handler("ship"), "{\"id\":\"a\"}");
        messages.handle(handler("note"), "{\"id\":\"b\"}", "note", "-now");
        messages.handle(handler("cancel"), null);
        assertThat(shipping.shipped).containsExactly("akey", "b-now", "cancelled");
    }

    @Test
    void aTombstoneForAPayloadThatIsNotNullableIsADeadLetterAtOnce() {
        assertThatExceptionOfType(UnrecoverableMessageException.class)
                .isThrownBy(() -> messages.handle(handler("ship"), null))
                .withMessageContaining("parameter order")
                .withMessageContaining("nullable");
    }

    @Test
    void aDefaultArgumentDoesNotStandForAMissingHeader() {
        assertThatExceptionOfType(UnrecoverableMessageException.class)
                .isThrownBy(() -> messages.handle(handler("note"), "{\"id\":\"a\"}"))
                .withMessageContaining("parameter note")
                .withMessageContaining("defaultValue");
        assertThat(shipping.shipped).isEmpty();
    }

    @Test
    void aNullThatTheHandlerPassesOnIsAFailureOfItsOwn() {
        assertThatExceptionOfType(HandlerFailedException.class)
                .isThrownBy(() -> messages.handle(handler("other"), "{\"id\":\"a\"}"))
                .withCauseInstanceOf(NullPointerException.class);
    }

    private Handler handler(String name) {
        return messages.handler(shipping, HandledMessages.method(Shipping.class, name));
    }
}
