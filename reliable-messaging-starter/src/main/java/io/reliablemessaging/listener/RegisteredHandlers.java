package io.reliablemessaging.listener;

import io.reliablemessaging.consumer.Consumers;
import io.reliablemessaging.delivery.Deliveries;
import io.reliablemessaging.delivery.DryRunDelivery;
import io.reliablemessaging.delivery.ListenerSettings;
import io.reliablemessaging.dryrun.ListenerHandler;
import io.reliablemessaging.dryrun.ListenerHandlers;
import io.reliablemessaging.inbox.Inbox;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;

/** Knows the handlers of this instance's listeners, also of those that are stopped or paused. */
final class RegisteredHandlers implements ListenerHandlers {

    private final BooleanSupplier closing;
    private final List<Registered> all = new CopyOnWriteArrayList<>();

    private record Registered(String group, List<String> topics, RegisteredHandler handler) {}

    /**
     * Creates the register.
     *
     * @param closing tells whether this instance is being stopped
     */
    RegisteredHandlers(BooleanSupplier closing) {
        this.closing = closing;
    }

    void add(List<String> topics, ListenerSettings settings, Deliveries.Calls calls, Inbox inbox, Consumers consumers) {
        RegisteredHandler handler = new RegisteredHandler(
                settings, calls.invocation(), new DryRunDelivery(settings, calls, inbox), consumers, closing);
        all.add(new Registered(settings.group(), topics, handler));
    }

    void remove(String listener) {
        all.removeIf(each -> each.handler().listener().equals(listener));
    }

    @Override
    public Optional<ListenerHandler> find(String group, String topic) {
        return all.stream()
                .filter(each -> each.group().equals(group) && each.topics().contains(topic))
                .<ListenerHandler>map(Registered::handler)
                .findFirst();
    }
}
