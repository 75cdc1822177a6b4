package io.reliablemessaging.inbox;

/** Says whether a group has just taken charge of a message. */
public enum Taken {

    /** It has: nobody had before. */
    NEW,

    /** It had before: nothing more is to be done. */
    DUPLICATE,

    /** It had before, of a message with this id and another key or value: this one is lost for the group, and somebody erred. */
    DIFFERENT
}
