package io.reliablemessaging.relay;

import java.util.Set;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.DuplicateSequenceException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidPidMappingException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.SecurityDisabledException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionAbortedException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.errors.UnknownProducerIdException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedCompressionTypeException;
import org.apache.kafka.common.errors.UnsupportedForMessageFormatException;
import org.apache.kafka.common.errors.UnsupportedVersionException;

/** Whose fault a failed send is, which decides who has to wait for it. */
enum Verdict {
    /** The record's own: the broker will never take it as it is. Final; it goes into quarantine. */
    RECORD,
    /**
     * The topic's: missing, deleted or not authorised, or a clock that is wrong for its limits. Transient; the topic is held and
     * tried again.
     */
    TOPIC,
    /** The producer's: no record could be sent by it. The relay stops sending, and tries again slowly. */
    PRODUCER,
    /** Nobody's, or that of a neighbour in the same batch. Transient; everything is read and sent again. */
    TRANSIENT,
    /** Nobody knows. Everything is sent again, the record alone; if it fails while others are taken, it was the record's. */
    UNKNOWN;

    private static final Set<Class<?>> RECORDS = Set.of(
            RecordTooLargeException.class,
            // larger than segment.bytes of the topic, which no batch may be
            RecordBatchTooLargeException.class,
            InvalidRecordException.class,
            UnsupportedForMessageFormatException.class,
            SerializationException.class);

    private static final Set<Class<?>> TOPICS = Set.of(
            UnknownTopicOrPartitionException.class,
            UnknownTopicIdException.class,
            TopicAuthorizationException.class,
            InvalidTopicException.class,
            PolicyViolationException.class,
            // it is given anew with each attempt
            InvalidTimestampException.class,
            // send() has found no metadata of the topic, or of the partition, in time
            TimeoutException.class);

    private static final Set<Class<?>> PRODUCERS = Set.of(
            ClusterAuthorizationException.class,
            TransactionalIdAuthorizationException.class,
            UnsupportedVersionException.class,
            UnsupportedCompressionTypeException.class,
            SecurityDisabledException.class);

    // what a new producer, which has another id, does not meet again, or what time heals
    private static final Set<Class<?>> TRANSIENTS = Set.of(
            OutOfOrderSequenceException.class,
            UnknownProducerIdException.class,
            InvalidProducerEpochException.class,
            InvalidPidMappingException.class,
            ProducerFencedException.class,
            DuplicateSequenceException.class,
            TransactionAbortedException.class,
            InterruptException.class);

    /** The verdict on what a producer said; what is not known is {@link #UNKNOWN}, an exception of the host's code, too. */
    static Verdict on(Exception failure) {
        return on(failure.getClass());
    }

    static Verdict on(Class<?> failure) {
        if (RECORDS.contains(failure)) {
            return RECORD;
        }
        if (TOPICS.contains(failure)) {
            return TOPIC;
        }
        if (PRODUCERS.contains(failure) || AuthenticationException.class.isAssignableFrom(failure)) {
            return PRODUCER;
        }
        boolean passes = TRANSIENTS.contains(failure) || RetriableException.class.isAssignableFrom(failure);
        return passes ? TRANSIENT : UNKNOWN;
    }
}
