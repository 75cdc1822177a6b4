package io.reliablemessaging.delivery;

/** The fate of the later messages of a key that has a dead letter. */
public enum OnDead {
    /** Later messages are handled. */
    RELEASE,
    /** Later messages wait until a person redrives or discards the dead letter. */
    HOLD
}
