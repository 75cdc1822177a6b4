package io.reliablemessaging;

import java.util.Locale;

/**
 * A setting or a state that could lose messages, or that keeps the audit from seeing whether it could.
 *
 * @param code stable code, such as {@code RM-B003}: B for brokers, P for producers, C for consumers, D for the database
 * @param severity how grave it is
 * @param where what it concerns
 * @param actual the present value
 * @param required the value that is required
 * @param remedy how to fix it
 */
public record Finding(String code, Severity severity, String where, String actual, String required, String remedy) {

    /** The severity of a finding, the gravest first. */
    public enum Severity {
        /** A confirmed message is lost if one thing fails: a broker, a disk, the power. */
        CRITICAL,
        /** Nothing is lost by this alone, but a safeguard is missing, or messages have to wait. */
        WARNING,
        /** Fine in development, or something that the audit cannot see. */
        NOTICE
    }

    /** Names the description of the loss that this finding prevents: a page in the jar of the starter, and its section. */
    public String reference() {
        return "classpath:META-INF/reliable-messaging/findings.md#" + code.toLowerCase(Locale.ROOT);
    }

    /** Tells whether both concern the same thing, though its value may have changed. */
    public boolean isSameAs(Finding other) {
        return code.equals(other.code) && where.equals(other.where);
    }

    @Override
    public String toString() {
        return "%s %s: %s, should be %s. %s".formatted(code, where, actual, required, remedy);
    }
}
