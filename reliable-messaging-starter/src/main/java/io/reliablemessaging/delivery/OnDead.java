package io.reliablemessaging.delivery;

/** What becomes of the later messages of a key when one of them is dead. */
public enum OnDead {
    /** They go on. */
    RELEASE,
    /** They wait until a person has sent the dead one again, or discarded it. */
    HOLD
}
