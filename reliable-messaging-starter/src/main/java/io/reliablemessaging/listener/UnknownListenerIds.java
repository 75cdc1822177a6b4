package io.reliablemessaging.listener;

import io.reliablemessaging.delivery.ListenersProperties;
import io.reliablemessaging.text.ReadableLogger;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.event.ContextRefreshedEvent;

/** Warns of properties for listeners that do not exist: a misspelt id would have no effect and no message. */
final class UnknownListenerIds implements ApplicationListener<ContextRefreshedEvent> {

    private static final Logger log = ReadableLogger.of(UnknownListenerIds.class);

    private final ApplicationContext context;
    private final Set<String> configured;
    private final Listeners listeners;

    UnknownListenerIds(ApplicationContext context, ListenersProperties properties, Listeners listeners) {
        this.context = context;
        this.configured = properties.listeners().keySet();
        this.listeners = listeners;
    }

    @Override
    public void onApplicationEvent(ContextRefreshedEvent event) {
        if (!event.getApplicationContext().equals(context)) {
            return; // an event of a child context
        }
        Set<String> known = new TreeSet<>(listeners.ids());
        Set<String> unknown = new TreeSet<>(configured);
        unknown.removeAll(known);
        if (!unknown.isEmpty()) {
            log.warn(
                    "Properties under reliable-messaging.listeners have no effect for {}: no listener has this id. Known ids: {}."
                            + " Correct or remove them; an id with other characters than letters, digits and '-' goes"
                            + " in brackets: reliable-messaging.listeners[Orders.on@billing]",
                    unknown,
                    known);
        }
    }
}
