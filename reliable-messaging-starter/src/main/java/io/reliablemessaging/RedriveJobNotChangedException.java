package io.reliablemessaging;

/** Thrown if a command cannot change a redrive job: there is none with its number, or it has ended. Nothing was changed. */
public class RedriveJobNotChangedException extends RuntimeException {

    public RedriveJobNotChangedException(String message) {
        super(message);
    }
}
