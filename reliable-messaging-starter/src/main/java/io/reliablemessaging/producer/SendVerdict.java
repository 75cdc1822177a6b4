package io.reliablemessaging.producer;

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

/** The cause of a failed send. It decides which rows wait. */
public enum SendVerdict {
    /** The record: the broker will never take it as it is. Final; the record is quarantined. */
    RECORD,
    /**
     * The topic: missing, deleted or not authorised, or a clock outside its limits. Transient; the topic is held and
     * retried.
     */
    TOPIC,
    /** The producer: it can send no record. The relay stops sending, and retries slowly. */
    PRODUCER,
    /** No record, or another record of the same batch. Transient; everything is read and sent again. */
    TRANSIENT,
    /**
     * Unknown. Everything is sent again, the record alone; if it fails while others are taken, the record is to blame.
     */
    UNKNOWN;

    private static final Set<Class<?>> RECORDS = Set.of(
            RecordTooLargeException.class,
            // larger than segment.bytes of the topic, which limits each batch
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
            // the timestamp is set anew with each attempt
            InvalidTimestampException.class,
            // send() has found no metadata of the topic, or of the partition, in time
            TimeoutException.class);

    private static final Set<Class<?>> PRODUCERS = Set.of(
            ClusterAuthorizationException.class,
            TransactionalIdAuthorizationException.class,
            UnsupportedVersionException.class,
            UnsupportedCompressionTypeException.class,
            SecurityDisabledException.class);

    // failures that a new producer, with another id, does not have, or that pass with time
    private static final Set<Class<?>> TRANSIENTS = Set.of(
            OutOfOrderSequenceException.class,
            UnknownProducerIdException.class,
            InvalidProducerEpochException.class,
            InvalidPidMappingException.class,
            ProducerFencedException.class,
            DuplicateSequenceException.class,
            TransactionAbortedException.class,
            InterruptException.class);

    /**
     * Classifies a failure of a producer. An unlisted one, also an exception of the host's code, is {@link #UNKNOWN}.
     */
    public static SendVerdict on(Exception failure) {
        return on(failure.getClass());
    }

    public static SendVerdict on(Class<?> failure) {
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
