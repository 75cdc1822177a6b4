package io.reliablemessaging.observers;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.Delivery;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.RedriveJob;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.util.function.SingletonSupplier;

/** Calls several observers as one. An exception of one of them reaches neither the caller nor the other observers. */
public final class ShieldedObservers implements MessagingObserver {

    private static final Logger log = ReadableLogger.of(MessagingObserver.class);

    private final Supplier<? extends List<MessagingObserver>> observers;
    private final Set<String> reported = ConcurrentHashMap.newKeySet();

    /**
     * Combines observers.
     *
     * @param observers asked at each event, so that observers may themselves depend on what they observe
     */
    public ShieldedObservers(Supplier<? extends List<MessagingObserver>> observers) {
        this.observers = observers;
    }

    /** Combines the beans of the application; they are asked for at the first event. */
    public static MessagingObserver of(ObjectProvider<MessagingObserver> beans) {
        return new ShieldedObservers(
                SingletonSupplier.of(() -> beans.orderedStream().toList()));
    }

    // errors, too: a class that an observer lacks must not end the thread that sends
    private void each(Consumer<MessagingObserver> event) {
        List<MessagingObserver> all = observers.get();
        for (int i = 0; i < all.size(); i++) {
            try {
                event.accept(all.get(i));
            } catch (RuntimeException | Error e) {
                report(all.get(i), e);
            }
        }
    }

    private void report(MessagingObserver observer, Throwable thrown) {
        String name = observer.getClass().getName();
        if (reported.add(name + " " + thrown.getClass().getName())) {
            log.warn(
                    "Observer {} failed; the message is not affected. Further failures of this kind are logged at DEBUG. Fix the observer",
                    name,
                    thrown);
        } else {
            log.debug("Observer {} failed", name, thrown);
        }
    }

    @Override
    public void published(MessageId id, String topic) {
        each(observer -> observer.published(id, topic));
    }

    @Override
    public void sent(Confirmation confirmation, Duration waited) {
        each(observer -> observer.sent(confirmation, waited));
    }

    @Override
    public void batchSent(int messages) {
        each(observer -> observer.batchSent(messages));
    }

    @Override
    public void notSent(MessageId id, String topic, Throwable cause) {
        each(observer -> observer.notSent(id, topic, cause));
    }

    @Override
    public void quarantined(MessageId id, String topic, Throwable cause) {
        each(observer -> observer.quarantined(id, topic, cause));
    }

    @Override
    public void fenced() {
        each(MessagingObserver::fenced);
    }

    @Override
    public void called(Delivery delivery, Duration took, @Nullable Throwable failure) {
        each(observer -> observer.called(delivery, took, failure));
    }

    @Override
    public void handled(Delivery delivery) {
        each(observer -> observer.handled(delivery));
    }

    @Override
    public void duplicate(Delivery delivery) {
        each(observer -> observer.duplicate(delivery));
    }

    @Override
    public void differentDuplicate(Delivery delivery) {
        each(observer -> observer.differentDuplicate(delivery));
    }

    @Override
    public void failed(Delivery delivery, Throwable cause, Duration retryIn) {
        each(observer -> observer.failed(delivery, cause, retryIn));
    }

    @Override
    public void waiting(Delivery delivery) {
        each(observer -> observer.waiting(delivery));
    }

    @Override
    public void dead(Delivery delivery, Throwable cause) {
        each(observer -> observer.dead(delivery, cause));
    }

    @Override
    public void redriven(int messages) {
        each(observer -> observer.redriven(messages));
    }

    @Override
    public void redriveProgressed(RedriveJob before, RedriveJob after) {
        each(observer -> observer.redriveProgressed(before, after));
    }
}
