package io.reliablemessaging.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

class StandbyIT {

    private static final long LIMIT = Duration.ofMinutes(1).toNanos();

    private final PostgresServer primary = PostgresServer.start();
    private PostgresServer standby;

    @BeforeEach
    void startStandby() {
        primary.createDatabase("it");
        on(primary).sql("CREATE TABLE note (text text)").update();
        on(primary).sql("INSERT INTO note VALUES ('before')").update();
        standby = primary.startStandby();
    }

    @AfterEach
    void close() {
        standby.close();
        primary.close();
    }

    @Test
    void receivesWhatIsCommittedAndTakesNoWrites() {
        on(primary).sql("INSERT INTO note VALUES ('after')").update();
        awaitNotes(2);
        assertThatThrownBy(() ->
                        on(standby).sql("INSERT INTO note VALUES ('here')").update())
                .isInstanceOf(DataAccessException.class)
                .hasMessageContaining("read-only");
    }

    @Test
    void isAPrimaryOnceItIsPromotedThoughItsOwnIsDead() {
        awaitNotes(1);
        primary.kill();
        standby.promote();
        on(standby).sql("INSERT INTO note VALUES ('promoted')").update();
        assertThat(notes(standby)).isEqualTo(2);

        standby.restart();
        assertThat(notes(standby)).isEqualTo(2);
    }

    private void awaitNotes(int count) {
        long started = System.nanoTime();
        while (notes(standby) < count) {
            assertThat(System.nanoTime() - started).as("time for the standby").isLessThan(LIMIT);
        }
    }

    private static int notes(PostgresServer server) {
        return on(server).sql("SELECT count(*) FROM note").query(Integer.class).single();
    }

    private static JdbcClient on(PostgresServer server) {
        return JdbcClient.create(
                new DriverManagerDataSource(server.jdbcUrl("it"), server.username(), server.password()));
    }
}
