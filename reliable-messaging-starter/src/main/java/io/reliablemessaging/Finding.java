package io.reliablemessaging;

import java.util.Locale;

/**
 * Something that could lose messages, or hides whether it could.
 *
 * @param code stable code, such as {@code RM-B003}: B for brokers, P for producers, C for consumers, D for the database
 * @param severity how grave it is
 * @param where what it is about
 * @param actual how it is
 * @param required how it should be
 * @param remedy how to mend it
 */
public record Finding(String code, Severity severity, String where, String actual, String required, String remedy) {

    /** How grave a finding is, the gravest first. */
    public enum Severity {
        /** What was confirmed is lost if one thing fails: a broker, a disk, the power. */
        CRITICAL,
        /** Nothing is lost by itself, but one safeguard is missing, or messages have to wait. */
        WARNING,
        /** Fine in development, or not visible to us. */
        NOTICE
    }

    /** Where the loss that it prevents is described: a page in the jar of the starter, and its section. */
    public String reference() {
        return "classpath:META-INF/reliable-messaging/findings.md#" + code.toLowerCase(Locale.ROOT);
    }

    /** Whether both are about the same thing, though it may have changed. */
    public boolean isSameAs(Finding other) {
        return code.equals(other.code) && where.equals(other.where);
    }

    @Override
    public String toString() {
        return "%s %s: %s, should be %s. %s".formatted(code, where, actual, required, remedy);
    }
}
