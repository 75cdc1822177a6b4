package io.reliablemessaging.reachability;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.reliablemessaging.schema.DatabaseProbe;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.TrustfulPool;
import io.reliablemessaging.test.SharedServers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** One broken connection of the pool is not an outage. */
class DatabaseQuestionIT {

    private final String database = HostApplication.newDatabase();

    @Test
    void aBrokenConnectionOfThePoolSaysNothingAboutTheDatabase() throws Exception {
        try (HikariDataSource pool = TrustfulPool.open(database)) {
            terminate(new JdbcTemplate(pool).queryForObject("select pg_backend_pid()", Integer.class));
            assertThat(new DatabaseQuestion(new DatabaseProbe(pool), null, "the pool", () -> true).ask())
                    .isInstanceOf(AvailabilityQuestion.Answer.There.class);
        }
    }

    @Test
    void brokenConnectionsOfThePoolSayNothingAboutTheDatabaseIfANewOneWorks() throws Exception {
        try (HikariDataSource pool = TrustfulPool.open(database, 3)) {
            Set<Integer> sessions = new HashSet<>();
            try (Connection one = pool.getConnection();
                    Connection two = pool.getConnection();
                    Connection three = pool.getConnection()) {
                for (Connection open : List.of(one, two, three)) {
                    sessions.add(new JdbcTemplate(new SingleConnectionDataSource(open, true))
                            .queryForObject("select pg_backend_pid()", Integer.class));
                }
            }
            for (Integer session : sessions) {
                terminate(session);
            }
            assertThat(new DatabaseQuestion(
                                    new DatabaseProbe(pool), DatabaseProbe.besidePool(pool), "the pool", () -> true)
                            .ask())
                    .isInstanceOf(AvailabilityQuestion.Answer.There.class);
        }
    }

    private void terminate(Integer session) throws Exception {
        try (Connection other = DriverManager.getConnection(
                SharedServers.postgres().jdbcUrl(database),
                SharedServers.postgres().username(),
                SharedServers.postgres().password())) {
            JdbcTemplate sql = new JdbcTemplate(new SingleConnectionDataSource(other, true));
            assertThat(sql.queryForObject("select pg_terminate_backend(?, 10000)", Boolean.class, session))
                    .isTrue();
        }
    }
}
