package io.reliablemessaging.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

class PostgresServerIT {

    private static PostgresServer server;
    private static DriverManagerDataSource database;
    private static JdbcClient jdbc;

    @BeforeAll
    static void start() {
        server = PostgresServer.start(Map.of("max_connections", "300"));
        database = new DriverManagerDataSource(server.createDatabase("it"), server.username(), server.password());
        jdbc = JdbcClient.create(database);
        jdbc.sql("CREATE TABLE note (text text)").update();
    }

    @AfterAll
    static void close() {
        server.close();
    }

    @ParameterizedTest
    @CsvSource({
        "fsync, on",
        "synchronous_commit, on",
        "full_page_writes, on",
        "max_connections, 300",
        "server_encoding, UTF8"
    })
    void isDurableAndTakesSettings(String setting, String expected) {
        assertThat(setting(setting)).isEqualTo(expected);
    }

    @Test
    void keepsCommittedRowsWhenKilledAmidBusyConnections() throws Exception {
        try (Connection busy = database.getConnection()) {
            busy.setAutoCommit(false);
            JdbcClient other = JdbcClient.create(new SingleConnectionDataSource(busy, true));
            other.sql("INSERT INTO note VALUES ('never committed')").update();
            CompletableFuture<Void> query = CompletableFuture.runAsync(
                    () -> other.sql("SELECT pg_sleep(600)").query().singleValue(), PostgresServerIT::onOwnThread);
            jdbc.sql("INSERT INTO note VALUES ('committed before the kill')").update();

            server.kill();
            assertThat(server.isRunning()).isFalse();
            assertThatThrownBy(() -> query.get(60, TimeUnit.SECONDS)).hasMessageContaining("pg_sleep");
            server.restart();
        }

        assertThat(notes()).contains("committed before the kill").doesNotContain("never committed");
    }

    @Test
    void keepsRowsWhenStoppedInOrder() {
        jdbc.sql("INSERT INTO note VALUES ('before the stop')").update();

        server.restart();

        assertThat(notes()).contains("before the stop");
    }

    @Test
    void openConnectionsAnswerOnlyAfterItIsResumed() throws Exception {
        try (Connection open = database.getConnection()) {
            JdbcClient connected = JdbcClient.create(new SingleConnectionDataSource(open, true));
            connected.sql("SELECT 1").query().singleValue();

            server.pause();
            assertThat(server.isRunning()).isTrue();
            CompletableFuture<Integer> unanswered = CompletableFuture.supplyAsync(
                    () -> connected.sql("SELECT 2").query(Integer.class).single(), PostgresServerIT::onOwnThread);
            assertThatThrownBy(() -> unanswered.get(300, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
            server.resume();

            assertThat(unanswered.get(60, TimeUnit.SECONDS)).isEqualTo(2);
        }
    }

    @Test
    void saysWhichDatabaseExistsAlready() {
        assertThatThrownBy(() -> server.createDatabase("it"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("it was not created")
                .hasMessageContaining("already exists");
    }

    @Test
    void showsItsLogWhenItCannotStart() {
        assertThatThrownBy(() -> PostgresServer.start(Map.of("no_such_setting", "1")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("ended with exit code 1 while starting")
                .hasMessageContaining("no_such_setting");
    }

    @Test
    void runsAsAnotherUserWhereRootHasNoNamespaces() {
        assumeThat(Unprivileged.isRoot()).isTrue();

        try (PostgresServer other = PostgresServer.start(Map.of(), Unprivileged.OTHER_USER)) {
            assertThat(other.createDatabase("mine")).isEqualTo(other.jdbcUrl("mine"));
        }
    }

    private static void onOwnThread(Runnable task) {
        new Thread(task, "client").start();
    }

    private static List<String> notes() {
        return jdbc.sql("SELECT text FROM note").query(String.class).list();
    }

    private static String setting(String name) {
        return jdbc.sql("SELECT current_setting(?)")
                .param(name)
                .query(String.class)
                .single();
    }
}
