package io.reliablemessaging.outbox;

import io.reliablemessaging.schema.AnsweringDataSource;
import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.schema.HostConnections;
import io.reliablemessaging.settings.StartupRefusal;
import io.reliablemessaging.text.StartupNote;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;
import org.springframework.util.ClassUtils;

/**
 * Connections of the threads that serve the relay: at most {@value #MOST} beside the host's pool, one for each purpose, so that
 * no purpose waits for another one. Where nobody can tell how the host's connections are made, they are taken from its pool.
 *
 * <p>Each statement commits by itself. The connections break when the database is silent for five leases: long after the lanes
 * have gone to others, so that no slow statement is given up that could still be of use.
 */
public final class OutboxConnections implements StartupNote, DisposableBean {

    /** Connections at the same time, beside the host's pool. */
    static final int MOST = 5;

    /** One listens, one reads and deletes, and one is the application's. */
    private static final int LEAST_OF_POOL = 3;

    private static final int LEASES = 5;
    private static final Duration DEFAULT_LEASE = Duration.ofSeconds(6);
    private static final boolean HIKARI =
            ClassUtils.isPresent("com.zaxxer.hikari.HikariDataSource", OutboxConnections.class.getClassLoader());

    private final @Nullable AutoCloseable own;
    private final DataSource kept;
    private final DataSource lease;
    private final DataSource work;
    private final DataSource questions;
    private final Duration questionLimit;

    private OutboxConnections(
            @Nullable AutoCloseable own,
            DataSource kept,
            DataSource lease,
            DataSource work,
            DataSource questions,
            Duration limit) {
        this.own = own;
        this.kept = kept;
        this.lease = lease;
        this.work = work;
        this.questions = questions;
        this.questionLimit = limit.dividedBy(LEASES);
    }

    static OutboxConnections of(DataSource host, Environment environment) {
        Duration limit = Binder.get(environment)
                .bind("reliable-messaging.relay.lease", Duration.class)
                .orElse(DEFAULT_LEASE)
                .multipliedBy(LEASES);
        OutboxConnections own = HIKARI ? Own.like(host, limit) : null;
        if (own != null) {
            return own;
        }
        DataSource pool = answering(host, limit);
        return new OutboxConnections(null, pool, pool, pool, pool, limit);
    }

    /** Apart, so that an application without HikariCP never loads it. */
    private static final class Own {

        static @Nullable OutboxConnections like(DataSource host, Duration limit) {
            var settings = HostConnections.settingsOf(host);
            if (settings == null) {
                return null;
            }
            OwnConnections all = new OwnConnections(settings, MOST);
            return new OutboxConnections(
                    all, answering(all, limit), one(all, limit), one(all, limit), one(all, limit), limit);
        }

        private static DataSource one(OwnConnections all, Duration limit) {
            return answering(new HeldConnection(all, limit), limit);
        }
    }

    private static DataSource answering(DataSource dataSource, Duration limit) {
        return new AnsweringDataSource(new AutoCommitDataSource(dataSource), limit);
    }

    /** For whoever keeps a connection for as long as it works; at most two may. */
    public DataSource kept() {
        return kept;
    }

    /** For the lease of lanes. */
    public DataSource lease() {
        return lease;
    }

    /** For what changes the outbox, in short statements. */
    public DataSource work() {
        return work;
    }

    /** For questions about the outbox, which may be slow. */
    DataSource questions() {
        return questions;
    }

    /** How long one of those may take, so that there is time for some, one after the other. */
    Duration questionLimit() {
        return questionLimit;
    }

    /** Whether they are taken from the host's pool. */
    public boolean areOfHostsPool() {
        return own == null;
    }

    /**
     * Refuses a pool with which nothing could ever be sent, where the connections are to come from it.
     *
     * @param most connections that the host's pool makes; null or not positive if it does not tell
     */
    void requireRoom(@Nullable Integer most) {
        if (own == null && most != null && most > 0 && most < LEAST_OF_POOL) {
            throw new StartupRefusal(
                    "The connection pool has %d connections at most, and an instance that sends needs %d: one listens for what other instances announce, one reads what is to be sent, one is for the application itself"
                            .formatted(most, LEAST_OF_POOL),
                    "Let the pool make at least %d, and as many more as handlers that may run at once; or use a HikariDataSource as it is (neither a subclass nor wrapped): beside it, the relay has connections of its own"
                            .formatted(LEAST_OF_POOL + 1));
        }
    }

    @Override
    public Subject subject() {
        return Subject.SENDING;
    }

    @Override
    public List<String> lines() {
        return own != null
                ? List.of()
                : List.of(
                        "connections: of the application's pool, since it cannot be seen how its data source makes them");
    }

    @Override
    public void destroy() throws Exception {
        if (own != null) {
            own.close();
        }
    }
}
