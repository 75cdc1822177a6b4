package io.reliablemessaging.consumer;

import io.reliablemessaging.broker.ShareGroups;
import io.reliablemessaging.broker.TopicIds;
import io.reliablemessaging.deadletter.ParkedQueues;
import io.reliablemessaging.deadletter.ReceivedMessage;
import io.reliablemessaging.delivery.Deliveries;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.reachability.OutageSuspicion;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.jspecify.annotations.Nullable;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/** Assembles what reads and handles the messages of listeners. What all listeners of the instance share is here. */
public final class Consumers implements AutoCloseable {

    // of the memory: what one read may add to it, and what may be fetched and not read yet
    private static final int READING_PART = 4;
    // as large as Kafka lets a record be by default
    private static final long RECORD_BYTES = 1 << 20;
    private static final long LEAST_RECORDS = 10;
    private static final long MOST_RECORDS = 500; // Kafka's own default

    /** What people read in the place of the name of our database. */
    public static final String DATABASE = "The database";

    private final Limits limits;
    private final Identity identity;
    private final TopicIds topicIds;
    private final Delays timer = new Delays();
    private final ExecutorService background = Executors.newCachedThreadPool(daemons());
    private final HandlerPool pool;
    private final MemoryBudget memory;
    private final Outage database;
    private final ParkedDrain drain;
    private final Infrastructure infrastructure;

    /**
     * What the consumers of an instance may take.
     *
     * @param memory most bytes of records that were read and are not finished
     * @param connections most connections of the pool; less than 1 if it does not tell
     * @param leftToOthers how many of them handlers leave to others
     * @param connectionsPerHandler connections that a handler may use at once
     * @param idHeader header that holds the id of messages from other senders, or null
     */
    public record Limits(
            long memory,
            int connections,
            int leftToOthers,
            int connectionsPerHandler,
            @Nullable String idHeader) {}

    /** What runs a listener. */
    public interface Control {

        /** Whether a person wants nothing more begun. */
        boolean isPauseRequested();

        /** Stops the listener: the process may not survive this error. */
        void fail(Error error);
    }

    /**
     * Assembles them.
     *
     * @param question asks our database for anything, and throws while it is away
     * @param handlers makes the threads of handlers
     */
    public Consumers(
            Limits limits,
            TopicIds topicIds,
            ParkedQueues queues,
            Runnable question,
            ThreadFactory handlers,
            Infrastructure infrastructure) {
        this.limits = limits;
        this.infrastructure = infrastructure;
        this.identity = new Identity(limits.idHeader());
        this.topicIds = topicIds;
        this.pool = new HandlerPool(
                HandlerPool.permits(limits.connections(), limits.leftToOthers(), limits.connectionsPerHandler()),
                handlers,
                timer);
        this.memory = new MemoryBudget(limits.memory());
        this.database = new Outage(
                DATABASE,
                timer,
                InstantSource.system(),
                Outage.byQuestion(question, background::execute, pool::rampUp),
                new OutageSuspicion(infrastructure)::note);
        this.drain = new ParkedDrain(queues, database, pool, background);
    }

    private static ThreadFactory daemons() {
        CustomizableThreadFactory factory = new CustomizableThreadFactory("rm-listeners-");
        factory.setDaemon(true);
        return factory;
    }

    /**
     * A run of a listener that keeps an order: its consumer has partitions of its own.
     *
     * @param consumers makes a consumer; with one record in each read if that is wanted
     */
    public ListenerRun ordered(
            Deliveries deliveries, Function<Boolean, Consumer<byte[], byte[]>> consumers, Control control) {
        ConsumerParts parts = parts(deliveries, control);
        return new ListenerRun(parts, new RecordLoop(parts, consumers, InstantSource.system()), drain, background);
    }

    /** Makes consumers that are members of a share group. */
    public interface Borrowers {

        /**
         * Makes one.
         *
         * @param number from 1 on, and the same for the one that takes its place
         * @param records most records that it is lent at once
         */
        ShareConsumer<byte[], byte[]> make(int number, int records);
    }

    /**
     * A run of a listener without an order: its consumers share partitions with those of others.
     *
     * @param groups prepares its group, and says how far that is
     */
    public ListenerRun shared(Deliveries deliveries, ShareGroups groups, Borrowers borrowers, Control control) {
        ConsumerParts parts = parts(deliveries, control);
        HandlerPool.Share share = pool.join(
                parts.settings().id(),
                parts.settings().id() + "-",
                parts.settings().concurrency());
        SharedHorizons horizons = new SharedHorizons(InstantSource.system());
        SharedProgress progress = new SharedProgress(parts, groups, horizons, background);
        MemoryBudget.Account account = memory.open();
        LotRule lots = new LotRule(share.most(), System::nanoTime);
        ShareLoop loop = new ShareLoop(
                parts.settings(),
                () -> {
                    int most = groups.prepare(parts.settings().group());
                    progress.start();
                    return most;
                },
                share.most(),
                (number, deliveryLimit) -> {
                    var lending = new ShareWork.Lending(parts, share, account, deliveryLimit, horizons);
                    var source = new ShareReader.Source(
                            parts.topics(),
                            records -> borrowers.make(number, records),
                            parts.paused(),
                            parts.outages()::isOn,
                            account::mayRead);
                    return new ShareReader(parts.settings(), number, source, lots, lending, infrastructure);
                },
                account,
                () -> {
                    progress.stop();
                    share.close();
                },
                infrastructure);
        return new ListenerRun(parts, loop, drain, background);
    }

    private ConsumerParts parts(Deliveries deliveries, Control control) {
        infrastructure.kafka().watch();
        infrastructure.postgres().watch();
        Outage dependency = new Outage(
                "What listener %s needs".formatted(deliveries.settings().id()),
                timer,
                InstantSource.system(),
                Outage.byWork());
        return new ConsumerParts(
                deliveries,
                identity,
                topicIds,
                new Outages(database, dependency, pool),
                pool,
                new RunningHandlers(),
                memory,
                timer,
                infrastructure,
                control::isPauseRequested,
                control::fail);
    }

    /**
     * Bounds how much one consumer reads at once, so that what it has fetched and not handed out stays within the memory too.
     *
     * @param fetchBytes most bytes of a fetch that the host wants
     * @param oneAtATime whether each read is to return one record
     */
    public Properties readLimits(long fetchBytes, boolean oneAtATime) {
        long part = memory.limit() / READING_PART;
        long records = oneAtATime ? 1 : Math.max(LEAST_RECORDS, Math.min(MOST_RECORDS, part / RECORD_BYTES));
        Properties limits = new Properties();
        limits.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, Long.toString(records));
        limits.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, Long.toString(readBytes(fetchBytes)));
        return limits;
    }

    /**
     * Most bytes that one consumer reads at once, for the same reason.
     *
     * @param fetchBytes most bytes of a fetch that the host wants
     */
    public long readBytes(long fetchBytes) {
        long part = memory.limit() / READING_PART;
        return Math.min(fetchBytes, Math.max(RECORD_BYTES, part / Math.max(1, memory.accounts())));
    }

    /**
     * The message that a record is, as a group receives it.
     *
     * @throws org.apache.kafka.common.KafkaException if the cluster does not tell which topic it is of
     */
    public ReceivedMessage message(String group, ConsumerRecord<byte[], byte[]> record) {
        return identity.message(group, record, topicIds.of(record.topic()));
    }

    /** Parked messages may be due: a person has said so. */
    public void wake() {
        drain.wake();
    }

    /** Handlers that may run at once now; the largest number there is if nothing limits them. */
    public int permits() {
        return pool.permits();
    }

    /** How long, without a break, more handlers could have begun if the pool had more connections. */
    public Duration permitsLimitFor() {
        return pool.limitsFor();
    }

    /** Most connections of the pool; less than 1 if it does not tell. */
    public int connections() {
        return limits.connections();
    }

    /** Connections that the pool needs for so many handlers at once. */
    public long connectionsFor(long handlers) {
        return handlers * limits.connectionsPerHandler() + limits.leftToOthers();
    }

    /** Permits that are free. */
    public int freePermits() {
        return pool.free();
    }

    /** Bytes that records take which were read and are not finished. */
    public long memory() {
        return memory.bytes();
    }

    /** Most bytes that they may take. */
    public long memoryLimit() {
        return memory.limit();
    }

    @Override
    public void close() {
        timer.close();
        pool.close();
        background.shutdownNow();
    }
}
