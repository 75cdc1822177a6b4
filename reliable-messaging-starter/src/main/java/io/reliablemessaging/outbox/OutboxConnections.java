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
 * Provides the connections of the relay's threads: at most {@value #MOST} beside the host's pool, one for each purpose,
 * so that no purpose waits for another. If the host's data source does not show how it connects, they come from its
 * pool.
 *
 * <p>Each statement runs in a transaction of its own. A connection breaks when the database is silent for five leases.
 * By then the lanes belong to other instances, so no slow statement is given up that could still be useful.
 */
public final class OutboxConnections implements StartupNote, DisposableBean {

    /** Most open connections beside the host's pool. */
    static final int MOST = 5;

    /** Smallest usable pool: one connection listens, one reads and deletes, and one is for the application. */
    private static final int LEAST_OF_POOL = 3;

    private static final int LEASES = 5;
    private static final Duration DEFAULT_LEASE = Duration.ofSeconds(6);
    private static final boolean HIKARI =
            ClassUtils.isPresent("com.zaxxer.hikari.HikariDataSource", OutboxConnections.class.getClassLoader());

    private final @Nullable AutoCloseable own;
    private final DataSource longLived;
    private final DataSource lease;
    private final DataSource work;
    private final DataSource questions;
    private final Duration questionLimit;

    private OutboxConnections(
            @Nullable AutoCloseable own,
            DataSource longLived,
            DataSource lease,
            DataSource work,
            DataSource questions,
            Duration limit) {
        this.own = own;
        this.longLived = longLived;
        this.lease = lease;
        this.work = work;
        this.questions = questions;
        this.questionLimit = limit.dividedBy(LEASES);
    }

    public static OutboxConnections of(DataSource host, Environment environment) {
        Duration limit = Binder.get(environment)
                .bind("reliable-messaging.relay.lease", Duration.class)
                .orElse(DEFAULT_LEASE)
                .multipliedBy(LEASES);
        OutboxConnections own = HIKARI ? Own.create(host, limit) : null;
        if (own != null) {
            return own;
        }
        DataSource pool = answering(host, limit);
        return new OutboxConnections(null, pool, pool, pool, pool, limit);
    }

    /** Creates connections of our own. A separate class, so that an application without HikariCP never loads it. */
    private static final class Own {

        static @Nullable OutboxConnections create(DataSource host, Duration limit) {
            var settings = HostConnections.settingsOf(host);
            if (settings == null) {
                return null;
            }
            DedicatedConnections all = DedicatedConnections.open(settings, MOST);
            return new OutboxConnections(
                    all, answering(all, limit), one(all, limit), one(all, limit), one(all, limit), limit);
        }

        private static DataSource one(DedicatedConnections all, Duration limit) {
            return answering(new DedicatedConnection(all, limit), limit);
        }
    }

    private static DataSource answering(DataSource dataSource, Duration limit) {
        return new AnsweringDataSource(new AutoCommitDataSource(dataSource), limit);
    }

    /** Returns the data source for users that keep a connection for as long as it works; at most two may do so. */
    public DataSource longLived() {
        return longLived;
    }

    /** Returns the data source for renewals of the lease. */
    public DataSource lease() {
        return lease;
    }

    /** Returns the data source for short statements that change the outbox. */
    public DataSource work() {
        return work;
    }

    /** Returns the data source for queries about the outbox, which may be slow. */
    public DataSource questions() {
        return questions;
    }

    /** Returns how long such a query may take. Several can run one after the other before their connection breaks. */
    public Duration questionLimit() {
        return questionLimit;
    }

    /** Returns whether the connections come from the host's pool. */
    public boolean useHostPool() {
        return own == null;
    }

    /**
     * Refuses a host pool that is too small to send anything, if the connections come from it.
     *
     * @param most largest size of the host's pool; null or not positive if unknown
     */
    public void requireRoom(@Nullable Integer most) {
        if (own == null && most != null && most > 0 && most < LEAST_OF_POOL) {
            throw new StartupRefusal(
                    "The connection pool has at most %d connections, and an instance that sends needs %d: one listens for notices of other instances, one reads the outbox, one is for the application itself"
                            .formatted(most, LEAST_OF_POOL),
                    "Set the pool's size to at least %d, plus one for each handler that may run at the same time; or use a plain HikariDataSource (neither a subclass nor wrapped): beside it, the relay opens its own connections"
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
                        "connections: of the application's pool, because its data source does not show how it connects");
    }

    @Override
    public void destroy() throws Exception {
        if (own != null) {
            own.close();
        }
    }
}
