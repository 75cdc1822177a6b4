package io.reliablemessaging.benchmarks;

import io.reliablemessaging.test.PostgresServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.kafka.listener.MessageListenerContainer;

/**
 * A user's application with both kinds of listeners, started one at a time. Each run reads with a new group from the
 * beginning, and begins with an empty inbox.
 */
final class Consuming implements AutoCloseable {

    static final String INBOX = "reliable_messaging.inbox_message";

    private final GenericApplicationContext context;
    private final AtomicInteger runs = new AtomicInteger();
    private final String bootstrapServers;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        Handled handled() {
            return new Handled();
        }

        @Bean
        Work work(JdbcTemplate jdbc) {
            return new Work(jdbc);
        }

        @Bean
        Work.InTransaction workInTransaction(Work work) {
            return new Work.InTransaction(work);
        }
    }

    /**
     * Starts it.
     *
     * @param settings what a user has set, on top of where the servers are
     */
    Consuming(PostgresServer postgres, String database, String bootstrapServers, List<String> settings) {
        this.bootstrapServers = bootstrapServers;
        List<String> all = new ArrayList<>(List.of(
                "spring.application.name=bench",
                Bench.WITHOUT_JPA,
                "spring.datasource.url=" + postgres.jdbcUrl(database),
                "spring.datasource.username=" + postgres.username(),
                "spring.datasource.password=" + postgres.password(),
                "spring.kafka.bootstrap-servers=" + bootstrapServers,
                // for the plain listener, which needs them
                "spring.kafka.consumer.auto-offset-reset=earliest",
                "spring.kafka.listener.ack-mode=manual"));
        all.addAll(settings);
        context = (GenericApplicationContext) new SpringApplicationBuilder(Host.class)
                .web(WebApplicationType.NONE)
                .bannerMode(Banner.Mode.OFF)
                .logStartupInfo(false)
                .properties(all.toArray(String[]::new))
                .run();
        jdbc().execute(
                        "create table bench_effect (id bigint generated always as identity primary key, text text not null)");
    }

    JdbcTemplate jdbc() {
        return context.getBean(JdbcTemplate.class);
    }

    void handlersTake(Duration time) {
        context.getBean(Work.class).takes(time);
    }

    /** Lets a plain listener handle what is in the topic; returns messages per second. */
    double plain(Records records) {
        clear();
        String group = newGroup(Handlers.PLAIN);
        return rate(
                Handlers.PLAIN,
                records.count(),
                new Handlers.Plain(
                        Handlers.PLAIN,
                        records.topic(),
                        group,
                        context.getBean(Work.InTransaction.class),
                        context.getBean(Handled.class)));
    }

    /** Lets one of ours do it, under the settings that its id has. */
    double reliable(String id, Records records) {
        clear();
        return reliable(id, records, newGroup(id));
    }

    /** The same with what is in the tables. */
    double reliable(String id, Records records, String group) {
        return rate(
                id, records.count(), new Handlers.Reliable(id, records.topic(), group, context.getBean(Work.class)));
    }

    /** Lets a group read again what it has handled; returns messages per second. */
    double again(String id, Records records, String group) {
        Map<TopicPartition, OffsetAndMetadata> start = new HashMap<>();
        for (int partition = 0; partition < Bench.PARTITIONS; partition++) {
            start.put(new TopicPartition(records.topic(), partition), new OffsetAndMetadata(0));
        }
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers))) {
            admin.alterConsumerGroupOffsets(group, start).all().get();
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return rate(
                id, records.count(), 0, new Handlers.Reliable(id, records.topic(), group, context.getBean(Work.class)));
    }

    String newGroup(String id) {
        return "%s-%d".formatted(id, runs.incrementAndGet());
    }

    void clear() {
        jdbc().execute("truncate bench_effect, " + INBOX);
    }

    <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    Work work() {
        return context.getBean("work", Work.class);
    }

    String bootstrapServers() {
        return bootstrapServers;
    }

    /** Starts a listener that goes on until its end. */
    <L extends Handlers.Listener> void begin(L listener) {
        @SuppressWarnings("unchecked")
        Class<L> type = (Class<L>) listener.getClass();
        context.registerBean(listener.id(), type, () -> listener);
        context.getBean(listener.id()); // made, registered and started
    }

    void end(String id) {
        stop(id);
        context.removeBeanDefinition(id);
    }

    private <L extends Handlers.Listener> double rate(String id, int count, L listener) {
        return rate(id, count, count, listener);
    }

    private <L extends Handlers.Listener> double rate(String id, int count, int effects, L listener) {
        long before = effects();
        Handled handled = context.getBean(Handled.class);
        handled.expect(count);
        String name = "listener-" + runs.incrementAndGet();
        @SuppressWarnings("unchecked")
        Class<L> type = (Class<L>) listener.getClass();
        context.registerBean(name, type, () -> listener);
        context.getBean(name); // made, registered and started
        double rate;
        try {
            rate = handled.awaitRate();
        } finally {
            stop(id);
            context.removeBeanDefinition(name);
        }
        requireEffects(id, before + effects);
        return rate;
    }

    private void stop(String id) {
        KafkaListenerEndpointRegistry registry = context.getBean(KafkaListenerEndpointRegistry.class);
        MessageListenerContainer container = registry.unregisterListenerContainer(id);
        if (container != null) {
            container.stop();
            container.destroy();
        }
    }

    private void requireEffects(String id, long expected) {
        long effects = effects();
        if (effects != expected) {
            throw new IllegalStateException("%s: %d effects instead of %d".formatted(id, effects, expected));
        }
    }

    private long effects() {
        Long count = jdbc().queryForObject("select count(*) from bench_effect", Long.class);
        return count == null ? 0 : count;
    }

    @Override
    public void close() {
        context.close();
    }
}
