package io.reliablemessaging.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.Intruder;
import io.reliablemessaging.support.OurSql;
import io.reliablemessaging.support.OurSql.Statement;
import io.reliablemessaging.support.OurSql.Text;
import io.reliablemessaging.test.SharedServers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.BadSqlGrammarException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * A role that may create functions and operators in schema public tries to have each of our statements call them. PostgreSQL
 * itself tells what a statement calls: it notes that of the body of a function.
 */
class IntruderIT {

    private static final Pattern FUNCTION = Pattern.compile("pg_catalog\\.([a-z_0-9]+)\\(");
    private static final String CALLS = """
            select pg_describe_object(refclassid, refobjid, 0) from pg_depend
             where classid = 'pg_proc'::regclass and objid = 'public.probe'::regproc
               and refobjid in (select oid from pg_proc where pronamespace = 'public'::regnamespace
                                union select oid from pg_operator where oprnamespace = 'public'::regnamespace)
            """;

    private static final String USED_BY_TABLES = """
            select pg_describe_object(classid, objid, objsubid) || ' uses ' || pg_describe_object(refclassid, refobjid, 0)
              from pg_depend
             where refobjid in (select oid from pg_proc where pronamespace = 'public'::regnamespace and proname not like 'probe%'
                                union select oid from pg_operator where oprnamespace = 'public'::regnamespace)
               and classid in ('pg_class'::regclass, 'pg_attrdef'::regclass, 'pg_constraint'::regclass, 'pg_trigger'::regclass)
            """;

    private static JdbcTemplate sql;
    private static JdbcTemplate safe;

    // a new one for each question would take most of the time
    private static final List<SingleConnectionDataSource> CONNECTIONS = new ArrayList<>();

    /** Our tables are made when the functions are there already. */
    @BeforeAll
    static void intrude() {
        String database = HostApplication.newDatabase();
        Intruder.in(database).shadow(functions());
        sql = sql(database, "public");
        safe = sql(database, "pg_catalog"); // or our own questions would call them
        sql.execute("create schema reliable_messaging");
        // Flyway makes it
        sql.execute("create table reliable_messaging.schema_history (version varchar(50), checksum int, success bool)");
        String scripts = OurSql.migrations().stream().map(Text::sql).collect(Collectors.joining());
        sql.execute("set search_path = reliable_messaging, public;" + scripts + ";set search_path = public");
    }

    private static JdbcTemplate sql(String database, String path) {
        SingleConnectionDataSource one = new SingleConnectionDataSource(
                SharedServers.postgres().jdbcUrl(database) + "?preferQueryMode=simple&currentSchema=" + path,
                SharedServers.postgres().username(),
                SharedServers.postgres().password(),
                true);
        CONNECTIONS.add(one);
        return new JdbcTemplate(one);
    }

    @AfterAll
    static void close() {
        CONNECTIONS.forEach(SingleConnectionDataSource::destroy);
        CONNECTIONS.clear();
    }

    /** Each that our statements and migrations name. */
    static Set<String> functions() {
        Set<String> names = new TreeSet<>();
        for (Text text : OurSql.literals()) {
            FUNCTION.matcher(text.sql()).results().forEach(match -> names.add(match.group(1)));
        }
        names.addAll(List.of("unnest", "md5", "count"));
        return names;
    }

    @Test
    void noStatementCallsWhatIsNotPostgresOwn() {
        Map<String, String> wrong = new TreeMap<>();
        List<Statement> checked = new ArrayList<>();
        Map<Statement, String> unreadable = new HashMap<>();
        for (Statement statement : OurSql.statements()) {
            try {
                called(statement).forEach(call -> wrong.put(statement.place(), call));
                checked.add(statement);
            } catch (BadSqlGrammarException e) {
                unreadable.put(statement, e.getMostSpecificCause().getMessage());
            } catch (DataAccessException e) { // what was called instead may have another type
                wrong.put(statement.place(), e.getMostSpecificCause().getMessage());
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(checked).hasSizeGreaterThan(90);
        // what is no statement by itself is a part of one
        unreadable.keySet().removeIf(part -> checked.stream().anyMatch(whole -> whole.contains(part)));
        assertThat(unreadable).isEmpty();
    }

    @Test
    void theIntrudersFunctionsAndOperatorsAreCalledWhereverNothingIsSaid() {
        assertThat(List.of(
                        "select set_config('lock_timeout', ?::varchar, true)",
                        "select unnest(?::int[])",
                        "select 1 from reliable_messaging.inbox_message where topic = ?::varchar",
                        "select ?::int8 * interval '1 second'",
                        "select 'a'::text || ?::uuid",
                        "select 1 from pg_class where oid = 'pg_class'::regclass"))
                .allSatisfy(statement -> assertThat(Statement.in(new Text("", statement)))
                        .as(statement)
                        .flatMap(IntruderIT::called)
                        .isNotEmpty());
    }

    @Test
    void noTableOfOursUsesWhatIsNotPostgresOwn() {
        assertThat(safe.queryForList(
                        "select count(*) from pg_class where relnamespace = 'reliable_messaging'::regnamespace",
                        Integer.class))
                .first()
                .satisfies(tables -> assertThat(tables).isGreaterThan(20));
        assertThat(safe.queryForList(USED_BY_TABLES, String.class)).isEmpty();
    }

    private static List<String> called(Statement statement) {
        sql.execute("drop function if exists probe");
        sql.execute("create function probe(%s) returns void begin atomic %s; end"
                .formatted(String.join(", ", statement.types()), statement.sql()));
        return safe.queryForList(CALLS, String.class);
    }
}
