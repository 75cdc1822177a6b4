package io.reliablemessaging.inbox;

/** The answer of the inbox to a group that wants to take charge of a message. */
public enum ChargeResult {

    /** The group has taken charge of it just now. */
    NEW,

    /** The group had taken charge of it before: drop it. */
    DUPLICATE,

    /** The group had taken charge of a message with this id but with another key or value: this one is lost for the group, because of a sender's error. */
    DIFFERENT
}
