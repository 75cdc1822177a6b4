package io.reliablemessaging.deadletter;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Tells those who drain parked messages in this JVM that some are due now, when a person has said so. */
public final class ParkedSignal {

    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

    ParkedSignal() {}

    /** Names who looks again at once; it must neither block nor throw. Once named, it stays. */
    public void onWake(Runnable listener) {
        listeners.add(listener);
    }

    /** Lets all look at once. The other instances see it when they next look by themselves. */
    public void wake() {
        listeners.forEach(Runnable::run);
    }
}
