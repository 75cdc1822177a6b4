package io.reliablemessaging.redrive;

/** Tells this instance that a job was started or changed, so that its next step is taken at once. */
final class JobSignal {

    private volatile Runnable listener = () -> {};

    /** Sets what is called; it must neither block nor throw. */
    void onWake(Runnable called) {
        listener = called;
    }

    void wake() {
        listener.run();
    }
}
