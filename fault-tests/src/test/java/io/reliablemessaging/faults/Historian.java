package io.reliablemessaging.faults;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.json.JsonMapper;

/** Collects the history of a site at rest. */
final class Historian {

    private final Site site;
    private final Map<String, List<String>> groups;
    private final JsonMapper json = JsonMapper.builder().build();

    /**
     * Makes a historian.
     *
     * @param groups groups that read each topic
     */
    Historian(Site site, Map<String, List<String>> groups) {
        this.site = site;
        this.groups = groups;
    }

    History collect() throws IOException {
        List<String[]> diaries = diaries();
        return new History(
                committed(),
                rolledBack(diaries),
                appearances(),
                entries(diaries),
                effects(),
                Map.of(),
                Set.of(),
                leftOver(),
                groups);
    }

    private List<Message> committed() {
        return site.jdbc()
                .sql("select token, topic, key, seq, kind, instance from bank.posting")
                .query((row, number) -> new Message(
                        row.getObject(1, UUID.class),
                        row.getString(2),
                        row.getString(3),
                        row.getLong(4),
                        row.getString(5),
                        row.getString(6)))
                .list();
    }

    private List<Effect> effects() {
        return site.jdbc()
                .sql("select id, consumer_group, topic, key, token, attempt, instance from bank.effect order by id")
                .query((row, number) -> new Effect(
                        row.getLong(1),
                        row.getString(2),
                        row.getString(3),
                        row.getString(4),
                        row.getObject(5, UUID.class),
                        row.getInt(6),
                        row.getString(7)))
                .list();
    }

    private Map<String, Long> leftOver() {
        JdbcClient jdbc = site.jdbc();
        Map<String, Long> rows = new LinkedHashMap<>();
        for (String table : List.of("outbox_message", "outbox_quarantine")) {
            rows.put(
                    table,
                    jdbc.sql("select count(*) from reliable_messaging." + table)
                            .query(Long.class)
                            .single());
        }
        return rows;
    }

    private List<Appearance> appearances() throws IOException {
        List<Appearance> records = new ArrayList<>();
        for (String topic : groups.keySet()) {
            records.addAll(appearances(topic));
        }
        return records;
    }

    private List<Appearance> appearances(String topic) {
        List<Appearance> records = new ArrayList<>();
        Map<String, Object> config = Map.of(
                "bootstrap.servers",
                site.kafka().bootstrapServers(),
                "isolation.level",
                "read_committed",
                "max.poll.records",
                5000);
        try (var consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            Collection<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(each -> consumer.position(each) < ends.get(each))) {
                consumer.poll(Duration.ofMillis(200))
                        .forEach(record -> records.add(new Appearance(
                                topic,
                                record.partition(),
                                record.offset(),
                                new String(record.key(), StandardCharsets.UTF_8),
                                UUID.fromString(json.readTree(record.value())
                                        .get("token")
                                        .asString()))));
            }
        }
        return records;
    }

    private List<String[]> diaries() throws IOException {
        List<String[]> lines = new ArrayList<>();
        try (Stream<Path> files = Files.list(site.directory())) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(".diary")).toList()) {
                String instance = file.getFileName().toString().replace(".diary", "");
                Files.readAllLines(file).forEach(line -> lines.add((line + instance).split(" ", -1)));
            }
        }
        return lines;
    }

    private static Set<UUID> rolledBack(List<String[]> diaries) {
        Set<UUID> tokens = new HashSet<>();
        diaries.stream()
                .filter(line -> line[0].equals("rolled-back"))
                .forEach(line -> tokens.add(UUID.fromString(line[1])));
        return tokens;
    }

    private static List<Entry> entries(List<String[]> diaries) {
        return diaries.stream()
                .filter(line -> line[0].equals("entered"))
                .map(line -> new Entry(line[1], UUID.fromString(line[2]), Integer.parseInt(line[3]), line[4]))
                .toList();
    }
}
