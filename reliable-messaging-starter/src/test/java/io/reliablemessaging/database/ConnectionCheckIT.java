package io.reliablemessaging.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.DurabilityAudit;
import io.reliablemessaging.Finding;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.test.SharedServers;
import java.util.List;
import java.util.UUID;
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
