package io.reliablemessaging.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.reliablemessaging.DurabilityAudit;
import io.reliablemessaging.Finding;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.test.SharedServers;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.sql.SQLException;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Connections that would wait for ever, and pools that are too small, are found. */
class ConnectionCheckIT {

    private final String topic = "connections-" + UUID.randomUUID();

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        Listener listener() {
            return new Listener();
        }
    }

    static class Listener {

        @ReliableListener(topics = "${test.topic}", groupId = "billing")
        void on(String order) {}
    }

    @Test
    void aPoolThatWaitsWithoutEndAndIsTooSmallIsFound() {
        assertThat(found("spring.datasource.hikari.maximum-pool-size=2"))
                .containsExactly(
                        "RM-D012 network time-out of the connection pool: none",
                        "RM-D013 connection pool: 2 connections");
    }

    @Test
    void theRemediesOfBothAreRight() {
        assertThat(found(
                        "spring.datasource.hikari.maximum-pool-size=3",
                        "spring.datasource.hikari.data-source-properties.socketTimeout=300",
                        "spring.datasource.hikari.data-source-properties.tcpKeepAlive=true"))
                .isEmpty();
    }

    /** As the page of the finding says: without it, the pool would wait for its first connection, and open no other. */
    @Test
    void aTimeOutOfTheLoginHasThePoolTryAgain() throws IOException {
        Queue<Socket> opened = new ConcurrentLinkedQueue<>();
        try (ServerSocket silent = new ServerSocket(0);
                HikariDataSource pool = new HikariDataSource()) {
            Thread server = new Thread(() -> {
                try {
                    while (true) {
                        opened.add(silent.accept());
                    }
                } catch (IOException e) {
                    assertThat(silent.isClosed()).isTrue();
                }
            });
            server.setDaemon(true);
            server.start();
            pool.setJdbcUrl("jdbc:postgresql://127.0.0.1:" + silent.getLocalPort() + "/any");
            pool.setUsername("any");
            pool.setConnectionTimeout(1000);
            pool.addDataSourceProperty("loginTimeout", "1");
            pool.setInitializationFailTimeout(-1);
            await().until(() -> {
                assertThatThrownBy(pool::getConnection).isInstanceOf(SQLException.class);
                return opened.size() > 3;
            });
        }
    }

    @Test
    void aTimeOutInTheUrlCounts() {
        String url = SharedServers.postgres().jdbcUrl(HostApplication.newDatabase());
        assertThat(found(
                        "spring.datasource.url=" + url + (url.contains("?") ? "&" : "?") + "socketTimeout=300",
                        "spring.datasource.hikari.maximum-pool-size=3"))
                .isEmpty();
    }

    private List<String> found(String... properties) {
        try (ConfigurableApplicationContext host = HostApplication.onSharedServers(Host.class)
                .with("test.topic=" + topic)
                .with(properties)
                .run()) {
            return host.getBean(DurabilityAudit.class).look().stream()
                    .filter(finding ->
                            finding.code().equals("RM-D012") || finding.code().equals("RM-D013"))
                    .map((Finding finding) -> "%s %s: %s".formatted(finding.code(), finding.where(), finding.actual()))
                    .toList();
        }
    }
}
