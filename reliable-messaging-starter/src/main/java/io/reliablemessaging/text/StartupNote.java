package io.reliablemessaging.text;

import java.util.List;

/** What a part of us has to say once, when the application is ready. See {@link StartupSummary}. */
public interface StartupNote {

    /** What it is about, which decides where it stands. */
    Subject subject();

    /** Its lines, in few words; empty if there is nothing to say. Is asked once, and must answer from memory. */
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
