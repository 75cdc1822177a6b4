package io.reliablemessaging.pause;

import io.reliablemessaging.MessagingSnapshot.Listener.Pause;
import java.util.Optional;

/** Tells whether one listener is paused in all instances. Answers from memory, at once. */
public interface ListenerPause {

    /**
     * Tells whether handlers of the listener may be called: it is not paused. Until the pauses were read for the first time,
     * none may be called.
     */
    boolean mayHandle();

    /** Returns the pause as this instance knows it; empty if it knows of none. */
    Optional<Pause> find();
}
