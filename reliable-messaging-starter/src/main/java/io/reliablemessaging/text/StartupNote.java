package io.reliablemessaging.text;

import java.util.List;

/** Tells once what a part of the starter has set up, when the application is ready. See {@link StartupSummary}. */
public interface StartupNote {

    /** Returns the subject, which decides the position in the summary. */
    Subject subject();

    /** Returns the lines, in few words; empty if there is nothing to say. Called once, and must not do I/O. */
    List<String> lines();

    /** The parts of the summary, in their order. */
    enum Subject {
        SCHEMA,
        TOPICS,
        LISTENERS,
        SENDING,
        AUDIT,
        ACTUATOR
    }
}
