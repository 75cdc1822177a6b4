package io.reliablemessaging.lanes;

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
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

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
            makeTables(listening);
            own(listening, null, false, 1, 2, 3, 4, 7);
            Lanes lanes = new Lanes(32);
            LaneNotices notices = new LaneNotices(slow, SCHEMA, lanes, Infrastructure.unwatched());
            notices.announce(Set.of(1), false);
            slow.asked.await();
            notices.announce(Set.of(2, 7), false); // returns, though no connection is to be had
            notices.announce(Set.of(3, 7), false);
            slow.available.countDown();
            List<String> heard = new ArrayList<>();
            await().untilAsserted(() -> {
                heard.addAll(payloads(listening));
                assertThat(heard).containsExactly("1", "2,3,7");
            });
            assertThat(lanes.count()).as("the number that is stored came back").isEqualTo(64);
            notices.announce(Set.of(4), false);
            notices.destroy();
            await().untilAsserted(() -> {
                heard.addAll(payloads(listening));
                assertThat(heard).as("said before it ended").containsExactly("1", "2,3,7", "4");
            });
        }
    }

    /** Each hears of its own lanes only; nobody does who is at work anyway, or whose lane has no owner. */
    @Test
    void tellsEachOwnerAloneAndNobodyWhoIsAwake() throws Exception {
        try (Connection listening = database.getConnection()) {
            for (String channel : List.of("rm_a", "rm_b", "rm_awake", LaneNotice.channel(SCHEMA))) {
                listening.createStatement().execute("listen " + channel);
            }
            makeTables(listening);
            own(listening, "rm_a", false, 1, 2);
            own(listening, "rm_b", false, 3);
            own(listening, "rm_awake", true, 4);
            own(listening, null, false, 5); // of an earlier version
            listening.createStatement().execute("insert into reliable_messaging.relay_lane values (6, null)");
            LaneNotices notices = new LaneNotices(database, SCHEMA, new Lanes(32), Infrastructure.unwatched());
            List<String> heard = new ArrayList<>();
            notices.announce(Set.of(1, 2, 3, 4, 5, 6), false);
            await().untilAsserted(() -> {
                heard.addAll(notices(listening));
                assertThat(heard).containsExactlyInAnyOrder("rm_a 1,2", "rm_b 3", LaneNotice.channel(SCHEMA) + " 5");
            });
            heard.clear();
            notices.announce(Set.of(2), false);
            notices.destroy();
            notices.announce(Set.of(3), false); // it has ended
            await().untilAsserted(() -> {
                heard.addAll(notices(listening));
                assertThat(heard).as("an owner alone").containsExactly("rm_a 2");
            });
            heard.clear();
            LaneNotices later = new LaneNotices(database, SCHEMA, new Lanes(32), Infrastructure.unwatched());
            later.announce(Set.of(3, 4), true);
            await().untilAsserted(() -> {
                heard.addAll(notices(listening));
                assertThat(heard)
                        .as("whoever is awake reads its lanes, but not what is delayed")
                        .containsExactlyInAnyOrder("rm_b 3,delayed", "rm_awake 4,delayed");
            });
            later.destroy();
        }
    }

    private static void makeTables(Connection connection) throws SQLException {
        for (String sql : List.of(
                "create schema reliable_messaging",
                "create table reliable_messaging.application as select 64 as lanes",
                "create table reliable_messaging.relay_lane (lane int, owner uuid)",
                "create table reliable_messaging.relay_instance (id uuid, channel text, awake boolean)")) {
            connection.createStatement().execute(sql);
        }
    }

    private static void own(Connection connection, @Nullable String channel, boolean awake, int... lanes)
            throws SQLException {
        UUID owner = UUID.randomUUID();
        JdbcClient jdbc = JdbcClient.create(new SingleConnectionDataSource(connection, true));
        jdbc.sql("insert into reliable_messaging.relay_instance values (?, ?, ?)")
                .params(owner, channel, awake)
                .update();
        for (int lane : lanes) {
            jdbc.sql("insert into reliable_messaging.relay_lane values (?, ?)")
                    .params(lane, owner)
                    .update();
        }
    }

    private static List<String> notices(Connection listening) throws SQLException {
        List<String> notices = new ArrayList<>();
        for (PGNotification notice : listening.unwrap(PGConnection.class).getNotifications(100)) {
            notices.add(notice.getName() + " " + notice.getParameter());
        }
        return notices;
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
