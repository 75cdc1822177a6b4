package io.reliablemessaging.publish;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoInteractions;

import io.reliablemessaging.InvalidMessageException;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.ReliableEvent;
import org.junit.jupiter.api.Test;
import org.springframework.context.PayloadApplicationEvent;
import org.springframework.mock.env.MockEnvironment;

/** An event that is marked is published with the key that its mark names. */
class ReliableEventListenerTests {

    private final MessagePublisher publisher = mock(MessagePublisher.class);
    private final ReliableEventListener listener = new ReliableEventListener(
            () -> publisher, new MockEnvironment().withProperty("topics.orders", "orders.placed"));

    record Order(String number) {}

    @ReliableEvent(topic = "${topics.orders}", key = "order.number")
    record Placed(Order order) {}

    @ReliableEvent(topic = "orders", key = "number")
    static class Getter {

        public long getNumber() {
            return 42;
        }
    }

    static class Inherited extends Getter {}

    @ReliableEvent(topic = "orders")
    record Keyless(String number) {}

    @ReliableEvent(topic = "orders", key = "customer")
    record WrongKey(String number) {}

    @ReliableEvent(topic = "${no.such.property}")
    record WrongTopic(String number) {}

    record Unmarked(String number) {}

    @Test
    void theKeyIsReachedThroughPropertiesAndTheTopicThroughPlaceholders() {
        Placed event = new Placed(new Order("17"));
        publish(event);
        verify(publisher).publish("orders.placed", "17", event);
    }

    @Test
    void aGetterIsAPropertyAndAMarkIsInherited() {
        Inherited event = new Inherited();
        publish(event);
        verify(publisher).publish("orders", "42", event);
    }

    @Test
    void withoutAKeyInTheMarkThereIsNone() {
        Keyless event = new Keyless("17");
        publish(event);
        verify(publisher).publish("orders", null, event);
    }

    @Test
    void aNullOnTheWayToTheKeyIsRefusedSinceTheOrderWouldBeLost() {
        assertThatThrownBy(() -> publish(new Placed(new Order(null))))
                .isInstanceOf(InvalidMessageException.class)
                .hasMessageContaining("order.number");
        assertThatThrownBy(() -> publish(new Placed(null))).isInstanceOf(InvalidMessageException.class);
        verifyNoInteractions(publisher);
    }

    @Test
    void aKeyOrATopicThatDoesNotExistIsRefused() {
        assertThatThrownBy(() -> publish(new WrongKey("17")))
                .isInstanceOf(InvalidMessageException.class)
                .hasMessageContaining("neither customer() nor getCustomer()");
        assertThatThrownBy(() -> publish(new WrongTopic("17"))).isInstanceOf(IllegalArgumentException.class);
        verifyNoInteractions(publisher);
    }

    @Test
    void otherEventsAreNotPublished() {
        publish(new Unmarked("17"));
        publish("text");
        verifyNoInteractions(publisher);
    }

    private void publish(Object event) {
        listener.onApplicationEvent(new PayloadApplicationEvent<>(this, event));
    }
}
