package io.reliablemessaging;

import java.time.Instant;

/**
 * Something that keeps messages from where they should be. None is lost by it.
 *
 * @param kind what sort of trouble
 * @param where what it concerns: a listener, a topic, lanes
 * @param what what is known about it, in a sentence
 * @param since when it was first noticed
 */
public record Trouble(Kind kind, String where, String what, Instant since) {

    /** What sort of trouble, the gravest first. */
    public enum Kind {
        /** A listener has met an {@link Error} that the JVM may not survive, and was stopped before its message. */
        LISTENER_STOPPED(true),
        /** Kafka refuses this application as a producer. */
        RELAY_REFUSED(true),
        /** The role of this application lacks a right to a table, or may not log in, so that what needs it fails; it says which, and what to grant. */
        RIGHT_MISSING(true),
        /** PostgreSQL does not answer. Nothing is sent or handled; what waits goes on when it is back. */
        POSTGRES_AWAY(false),
        /** No broker of the cluster answers. Publishing goes on; what waits is sent, and read, when one is back. */
        KAFKA_AWAY(false),
        /** Messages are not sent although their lanes have an owner: Kafka does not take them. */
        RELAY_STALLED(false),
        /** The relay of this instance cannot work, for another reason than PostgreSQL being away. */
        RELAY_FAILING(false),
        /**
         * This instance cannot send, though others can: it has left its lanes to them and tries again by itself.
         */
        RELAY_ASIDE(false),
        /** Nobody sends what is in these lanes. */
        LANES_WITHOUT_OWNER(false),
        /** A topic takes no records, because it is missing for example; not because no broker answers. Others flow. */
        TOPIC_HELD(false),
        /** The oldest message has been waiting for longer than {@code reliable-messaging.outbox.max-backlog-age}. */
        BACKLOG_TOO_OLD(false),
        /** A listener cannot read. */
        LISTENER_CANNOT_READ(false),
        /** A listener waits for a connection to the database, or for something that its handler needs. */
        LISTENER_WAITS(false),
        /** A handler runs for longer than half of what its transaction may take. */
        HANDLER_RUNS_LONG(false),
        /** A listener, or a partition, is not read on for now: one message holds up too many, or memory is at its limit. */
        READING_LIMITED(false),
        /** For more than a minute, the connection pool and not the concurrency has limited how many handlers run. */
        HANDLERS_LIMITED(false),
        /** Parked messages that nobody would have handled were found and put back in line, within the last hour. */
        PARKED_MESSAGES_ADOPTED(false),
        /** The tables cannot be read, though PostgreSQL answers, so that nothing is known of what waits in them. */
        TABLES_UNREADABLE(false);

        private final boolean forAPerson;

        Kind(boolean forAPerson) {
            this.forAPerson = forAPerson;
        }

        /** Whether it stays until a person does something; anything else ends by itself once its cause is gone. */
        public boolean isForAPerson() {
            return forAPerson;
        }
    }
}
