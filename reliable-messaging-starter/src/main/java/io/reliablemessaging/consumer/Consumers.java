package io.reliablemessaging.consumer;

import io.reliablemessaging.deadletter.ParkedQueues;
import io.reliablemessaging.delivery.Deliveries;
import io.reliablemessaging.lines.MemoryBudget;
import io.reliablemessaging.lines.MessageIdentity;
import io.reliablemessaging.lines.ShareLotRule;
import io.reliablemessaging.permits.DelayedTasks;
import io.reliablemessaging.permits.HandlerPool;
import io.reliablemessaging.permits.RunningHandlers;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.reachability.OutageSuspicion;
import io.reliablemessaging.topics.ShareGroups;
import io.reliablemessaging.topics.TopicIds;
import io.reliablemessaging.wire.ReceivedMessage;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Properties;
import java.util.Set;
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

/** Creates the runs of listeners, and owns what all listeners of this instance share: threads, permits, memory, the timer. */
public final class Consumers implements AutoCloseable {

    // the part of the memory that one read may add to it, and that may be fetched and not read yet
    private static final int READING_PART = 4;
    // as large as Kafka lets a record be by default
    private static final long RECORD_BYTES = 1 << 20;
    private static final long LEAST_RECORDS = 10;
    private static final long MOST_RECORDS = 500; // Kafka's own default

    /** Name of our database in logs, health and the endpoint. */
    public static final String DATABASE = "The database";

    private final Limits limits;
    private final MessageIdentity messageIdentity;
    private final TopicIds topicIds;
    private final DelayedTasks timer = new DelayedTasks();
    private final ExecutorService background = Executors.newCachedThreadPool(daemons());
    private final HandlerPool pool;
    private final MemoryBudget memory;
    private final OutageQueue database;
    private final ParkedDrain drain;
    private final Infrastructure infrastructure;

    /**
     * Limits of what the consumers of an instance may use.
     *
     * @param memory most bytes of records that are read and not finished
     * @param connections size of the connection pool; less than 1 if the pool does not tell it
     * @param leftToOthers connections that handlers leave for other uses
     * @param connectionsPerHandler connections that one handler may use at the same time
     * @param idHeader header with the id of messages from other senders, or null
     */
    public record Limits(
            long memory,
            int connections,
            int leftToOthers,
            int connectionsPerHandler,
            @Nullable String idHeader) {}

    /** The container of a listener. */
    public interface Control {

        /** Tells whether the application has paused this container: it reads nothing more, and handles what it has read. */
        boolean isPauseRequested();

        /**
         * Tells whether handlers may be called: no person has paused the listener in all instances, and that is known. Is
         * asked before each call of a handler.
         */
        boolean mayHandle();

        /** Stops the listener: the process may not survive this error. */
        void fail(Error error);
    }

    /**
     * Creates what all listeners share.
     *
     * @param question sends a query to our database; throws while it is away
     * @param handlers creates the threads of handlers
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
        this.messageIdentity = new MessageIdentity(limits.idHeader());
        this.topicIds = topicIds;
        this.pool = new HandlerPool(
                HandlerPool.permits(limits.connections(), limits.leftToOthers(), limits.connectionsPerHandler()),
                handlers,
                timer);
        this.memory = new MemoryBudget(limits.memory());
        this.database = new OutageQueue(
                DATABASE,
                timer,
                InstantSource.system(),
                OutageQueue.probeByQuestion(question, background::execute, pool::rampUp),
                new OutageSuspicion(infrastructure)::note);
        this.drain = new ParkedDrain(queues, database, pool, background);
    }

    private static ThreadFactory daemons() {
        CustomizableThreadFactory factory = new CustomizableThreadFactory("rm-listeners-");
        factory.setDaemon(true);
        return factory;
    }

    /**
     * Creates a run of a listener that keeps an order: a member of a consumer group, which owns partitions.
     *
     * @param consumers creates a consumer; for {@code true}, one that reads one record at a time
     */
    public ListenerRun createOrdered(
            Deliveries deliveries, Function<Boolean, Consumer<byte[], byte[]>> consumers, Control control) {
        ConsumerServices services = createServices(deliveries, control);
        return new ListenerRun(
                services, new RecordLoop(services, consumers, InstantSource.system()), drain, background);
    }

    /** Creates consumers that are members of a share group. */
    public interface MemberFactory {

        /**
         * Creates a member.
         *
         * @param number from 1 on; its replacement has the same
         * @param records most records that it acquires at once
         */
        ShareConsumer<byte[], byte[]> make(int number, int records);
    }

    /**
     * Creates a run of a listener without an order: members of a share group, which share partitions with other instances.
     *
     * @param groups prepares its group and reads how far the group is
     */
    public ListenerRun createShared(Deliveries deliveries, ShareGroups groups, MemberFactory members, Control control) {
        ConsumerServices services = createServices(deliveries, control);
        HandlerPool.Share share = pool.join(
                services.settings().id(),
                services.settings().id() + "-",
                services.settings().concurrency());
        ShareGroupHorizons horizons = new ShareGroupHorizons(InstantSource.system());
        ShareGroupProgress progress = new ShareGroupProgress(services, groups, horizons, background);
        MemoryBudget.Account account = memory.open();
        ShareLotRule lots = new ShareLotRule(share.most(), System::nanoTime);
        ShareLoop loop = new ShareLoop(
                services.settings(),
                () -> {
                    int most = groups.prepare(services.settings().group());
                    progress.start();
                    return most;
                },
                share.most(),
                (number, deliveryLimit) -> {
                    var context = new ShareWork.Context(services, share, account, deliveryLimit, horizons);
                    var source = new ShareReader.Source(
                            services.topics(),
                            records -> members.make(number, records),
                            () -> !services.mayRead(),
                            services.outages()::isOn,
                            account::mayRead);
                    return new ShareReader(services.settings(), number, source, lots, context, infrastructure);
                },
                account,
                () -> {
                    progress.stop();
                    share.close();
                },
                infrastructure);
        return new ListenerRun(services, loop, drain, background);
    }

    private ConsumerServices createServices(Deliveries deliveries, Control control) {
        infrastructure.kafka().watch();
        infrastructure.postgres().watch();
        OutageQueue dependency = new OutageQueue(
                "What the handler of listener %s needs"
                        .formatted(deliveries.settings().id()),
                timer,
                InstantSource.system(),
                OutageQueue.probeByWork());
        return new ConsumerServices(
                deliveries,
                new OutageQueues(database, dependency, pool),
                new RunningHandlers(),
                control,
                new ConsumerServices.Shared(messageIdentity, topicIds, pool, memory, timer, infrastructure));
    }

    /**
     * Bounds what one consumer reads at once, so that records which are fetched and not handed out also stay within the
     * memory.
     *
     * @param fetchBytes most bytes of a fetch that the host wants
     * @param oneAtATime whether each poll returns one record
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
     * Returns the most bytes that one consumer may fetch at once, for the same reason.
     *
     * @param fetchBytes most bytes of a fetch that the host wants
     */
    public long readBytes(long fetchBytes) {
        long part = memory.limit() / READING_PART;
        return Math.min(fetchBytes, Math.max(RECORD_BYTES, part / Math.max(1, memory.accounts())));
    }

    /**
     * Returns the message of a record, as a group receives it. Asks the cluster for the topic's id if it is not known.
     *
     * @throws org.apache.kafka.common.KafkaException if the cluster does not answer
     */
    public ReceivedMessage identify(String group, ConsumerRecord<byte[], byte[]> record) {
        return messageIdentity.message(group, record, topicIds.resolve(record.topic()));
    }

    /** Returns the names of headers that the id of a message may come from, besides ours. */
    public Set<String> identityHeaders() {
        return messageIdentity.headers();
    }

    /** Opens a share of the permits for one handler that a person calls, beside the consumer of its listener. */
    public HandlerPool.Share openShareForOne(String listener) {
        return pool.join(listener, listener + "-dry-run-", 1);
    }

    /** Has due parked messages claimed now: a person has changed when some are due. */
    public void wake() {
        drain.wake();
    }

    /** Returns how many handlers may run at once; {@link Integer#MAX_VALUE} if nothing limits them. */
    public int permits() {
        return pool.permits();
    }

    /** Returns for how long, without a break, handlers have waited only because the pool has too few connections. */
    public Duration permitsExhaustedFor() {
        return pool.exhaustedFor();
    }

    /** Returns the size of the connection pool; less than 1 if the pool does not tell it. */
    public int connections() {
        return limits.connections();
    }

    /** Returns the pool size that so many handlers at once need. */
    public long connectionsFor(long handlers) {
        return handlers * limits.connectionsPerHandler() + limits.leftToOthers();
    }

    /** Returns how many permits are free. */
    public int freePermits() {
        return pool.free();
    }

    /** Returns the bytes of records that are read and not finished. */
    public long memory() {
        return memory.bytes();
    }

    /** Returns the limit of {@link #memory}. */
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
