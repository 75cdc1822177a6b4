package io.reliablemessaging.relay;

import io.reliablemessaging.schema.Schema;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;

/** How many messages are in quarantine. */
public final class QuarantineSize {

    /** Messages that are counted at most. */
    public static final int MOST = 10_000;

    private static final String COUNT = """
            select count(*) from (select from reliable_messaging.outbox_quarantine limit ?) counted
            """;

    private final JdbcTemplate jdbc;
    private final String count;

    QuarantineSize(DataSource autoCommit, Schema schema) {
        this.jdbc = new JdbcTemplate(autoCommit);
        this.count = schema.in(COUNT);
    }

    /** How many, counted up to {@link #MOST}. */
    public int messages() {
        Integer counted = jdbc.queryForObject(count, Integer.class, MOST);
        return counted == null ? 0 : counted;
    }
}
