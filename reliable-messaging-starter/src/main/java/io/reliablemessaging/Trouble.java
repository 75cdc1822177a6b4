package io.reliablemessaging;

import java.time.Instant;

/**
 * A condition that keeps messages from getting where they should be. No message is lost by it.
 *
 * @param kind the kind of trouble
 * @param where what it concerns: a listener, a topic, lanes
 * @param what what is known about it, in a sentence
 * @param since when it was first noticed
 */
public record Trouble(Kind kind, String where, String what, Instant since) {

    /** The kinds of trouble, the gravest first. */
    public enum Kind {
        /** A listener has met an {@link Error} that the JVM may not survive, and has stopped before its message. */
        LISTENER_STOPPED(true),
        /** Kafka refuses this application as a producer. */
        RELAY_REFUSED(true),
        /** The database role of this application lacks a right to a table, or may not log in, so that some work fails; the text says which right, and what to grant. */
        RIGHT_MISSING(true),
        /** PostgreSQL does not answer. Nothing is sent or handled until it is back; then everything goes on. */
        POSTGRES_AWAY(false),
        /** No broker of the cluster answers. Publishing goes on; messages are sent and read when a broker is back. */
        KAFKA_AWAY(false),
        /** Messages are not sent although their lanes have an owner: Kafka does not accept them. */
        RELAY_STALLED(false),
        /** The relay of this instance cannot work, for another reason than an outage of PostgreSQL. */
        RELAY_FAILING(false),
        /**
         * This instance cannot send, though others can: it has left its lanes to them and retries by itself.
         */
        RELAY_ASIDE(false),
        /** No instance sends the messages of these lanes. */
        LANES_WITHOUT_OWNER(false),
        /** A topic accepts no records, because it is missing for example, while brokers answer. Other topics go on. */
        TOPIC_HELD(false),
        /** The oldest message has been waiting for longer than {@code reliable-messaging.outbox.max-backlog-age}. */
        BACKLOG_TOO_OLD(false),
        /** A listener cannot read. */
        LISTENER_CANNOT_READ(false),
        /** A listener waits for a connection to the database, or for another thing that its handler needs. */
        LISTENER_WAITS(false),
        /** A handler has run for more than half of the time that its transaction may take. */
        HANDLER_RUNS_LONG(false),
        /** A listener does not read a partition, or any, for now: one message holds up too many others, or memory is at its limit. */
        READING_LIMITED(false),
        /** For more than a minute, the connection pool and not the concurrency has limited how many handlers run. */
        HANDLERS_LIMITED(false),
        /** Within the last hour, parked messages without an owner were found and scheduled again. */
        PARKED_MESSAGES_ADOPTED(false),
        /** The tables cannot be read although PostgreSQL answers, so it is not known what waits in them. */
        TABLES_UNREADABLE(false);

        private final boolean forAPerson;

        Kind(boolean forAPerson) {
            this.forAPerson = forAPerson;
        }

        /** Tells whether it stays until a person acts; any other trouble ends by itself when its cause is gone. */
        public boolean isForAPerson() {
            return forAPerson;
        }
    }
}
