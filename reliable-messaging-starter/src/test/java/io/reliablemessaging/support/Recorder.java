package io.reliablemessaging.support;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.Delivery;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagingObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Writes down what happens, so that tests wait for events and not for time. */
public final class Recorder implements MessagingObserver {

    public final List<MessageId> published = new CopyOnWriteArrayList<>();
    public final List<Confirmation> sent = new CopyOnWriteArrayList<>();
    public final List<MessageId> notSent = new CopyOnWriteArrayList<>();
    public final List<Delivery> handled = new CopyOnWriteArrayList<>();
    public final List<Delivery> duplicates = new CopyOnWriteArrayList<>();
    public final List<Delivery> different = new CopyOnWriteArrayList<>();
    public final List<Delivery> failed = new CopyOnWriteArrayList<>();
    public final List<Delivery> waiting = new CopyOnWriteArrayList<>();
    public final List<Delivery> dead = new CopyOnWriteArrayList<>();

    @Override
    public void published(MessageId id, String topic) {
        published.add(id);
    }

    @Override
    public void sent(Confirmation confirmation, Duration waited) {
        sent.add(confirmation);
    }

    @Override
    public void notSent(MessageId id, String topic, Throwable cause) {
        notSent.add(id);
    }

    @Override
    public void handled(Delivery delivery) {
        handled.add(delivery);
    }

    @Override
    public void duplicate(Delivery delivery) {
        duplicates.add(delivery);
    }

    @Override
    public void differentDuplicate(Delivery delivery) {
        different.add(delivery);
    }

    @Override
    public void failed(Delivery delivery, Throwable cause, Duration retryIn) {
        failed.add(delivery);
    }

    @Override
    public void waiting(Delivery delivery) {
        waiting.add(delivery);
    }

    @Override
    public void dead(Delivery delivery, Throwable cause) {
        dead.add(delivery);
    }
}
