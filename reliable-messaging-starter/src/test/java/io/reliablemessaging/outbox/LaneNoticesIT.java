package io.reliablemessaging.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.test.PostgresServer;
import io.reliablemessaging.test.SharedServers;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** Announcing costs the committing thread nothing, and the database one NOTIFY for all that was committed meanwhile. */
class LaneNoticesIT {

    private static final Schema SCHEMA = new Schema("reliable_messaging");

    private final PostgresServer postgres = SharedServers.postgres();
    private final DataSource database = new DriverManagerDataSource(
            postgres.jdbcUrl(HostApplication.newDatabase()), postgres.username(), postgres.password());

    @Test
    void gathersWhatIsAnnouncedWhileANoticeIsUnderWay() throws Exception {
        SlowDataSource slow = new SlowDataSource(database);
        try (Connection listening = database.getConnection()) {
            listening.createStatement().execute("listen " + LaneNotice.channel(SCHEMA));
            listening.createStatement().execute("create schema reliable_messaging");
            listening.createStatement().execute("create table reliable_messaging.application as select 64 as lanes");
            Lanes lanes = new Lanes(32);
            LaneNotices notices = new LaneNotices(slow, SCHEMA, lanes, Infrastructure.unwatched());
            notices.announce(Set.of(1));
            slow.asked.await();
            notices.announce(Set.of(2, 7)); // returns, though no connection is to be had
            notices.announce(Set.of(3, 7));
            slow.available.countDown();
            List<String> heard = new ArrayList<>();
            await().untilAsserted(() -> {
                heard.addAll(payloads(listening));
                assertThat(heard).containsExactly("1", "2,3,7");
            });
            assertThat(lanes.count()).as("the number that is stored came back").isEqualTo(64);
            notices.announce(Set.of(4));
            notices.destroy();
            await().untilAsserted(() -> {
                heard.addAll(payloads(listening));
                assertThat(heard).as("said before it ended").containsExactly("1", "2,3,7", "4");
            });
        }
    }

    private static List<String> payloads(Connection listening) throws SQLException {
        List<String> payloads = new ArrayList<>();
        for (PGNotification notice : listening.unwrap(PGConnection.class).getNotifications(100)) {
            payloads.add(notice.getParameter());
        }
        return payloads;
    }

    /** Makes whoever asks for a connection wait. */
    private static final class SlowDataSource extends DelegatingDataSource {

        final CountDownLatch asked = new CountDownLatch(1);
        final CountDownLatch available = new CountDownLatch(1);

        SlowDataSource(DataSource real) {
            super(real);
        }

        @Override
        public Connection getConnection() throws SQLException {
            asked.countDown();
            try {
                available.await();
            } catch (InterruptedException e) {
                throw new SQLException(e);
            }
            return super.getConnection();
        }
    }
}
