package io.reliablemessaging.schema;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.zip.CRC32;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Tells whether all our migrations were applied unchanged, so that Flyway need not run, which logs a dozen lines
 * each time. Its loggers are the host's, too, so they cannot be silenced for us alone.
 */
final class SchemaHistory {

    static final String LOCATION = "db/reliable-messaging";
    static final String TABLE = "schema_history";

    private static final String EXISTS = "select pg_catalog.to_regclass(:table::text) is not null";
    private static final String APPLIED =
            "select version, checksum from reliable_messaging." + TABLE + " where success and version is not null";

    private final JdbcClient jdbc;
    private final Schema schema;

    SchemaHistory(JdbcClient jdbc, Schema schema) {
        this.jdbc = jdbc;
        this.schema = schema;
    }

    /** Tells whether all migrations were applied. Throws if that cannot be read; then Flyway decides. */
    boolean isComplete() {
        boolean exists = jdbc.sql(EXISTS)
                .param("table", schema.name() + "." + TABLE)
                .query(Boolean.class)
                .single();
        return exists && applied().entrySet().containsAll(ours().entrySet());
    }

    /** Returns our newest version. */
    static int newest() {
        return ours().keySet().stream().mapToInt(Integer::parseInt).max().orElse(0);
    }

    private Map<String, Integer> applied() {
        Map<String, Integer> applied = new HashMap<>();
        jdbc.sql(schema.in(APPLIED)).query(row -> {
            applied.put(row.getString("version"), row.getInt("checksum"));
        });
        return applied;
    }

    private static Map<String, Integer> ours() {
        try {
            Map<String, Integer> ours = new HashMap<>();
            for (Resource script : new PathMatchingResourcePatternResolver(SchemaHistory.class.getClassLoader())
                    .getResources("classpath:" + LOCATION + "/V*__*.sql")) {
                String name = Objects.requireNonNull(script.getFilename());
                ours.put(name.substring(1, name.indexOf("__")), checksum(script));
            }
            return ours;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // computed as Flyway does: over the lines without their ends
    private static int checksum(Resource script) throws IOException {
        CRC32 checksum = new CRC32();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(script.getInputStream(), StandardCharsets.UTF_8))) {
            lines.lines().forEach(line -> checksum.update(line.getBytes(StandardCharsets.UTF_8)));
        }
        return (int) checksum.getValue();
    }
}
