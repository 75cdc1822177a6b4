package io.reliablemessaging.deadletter;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Tells the drains of this JVM that parked messages have become due because of a person's command. */
public final class ParkedSignal {

    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

    ParkedSignal() {}

    /** Registers a listener that claims due keys at once; it must neither block nor throw. It cannot be removed. */
    public void onWake(Runnable listener) {
        listeners.add(listener);
    }

    /** Wakes all listeners. Other instances notice at their next regular claim. */
    public void wake() {
        listeners.forEach(Runnable::run);
    }
}
