package io.reliablemessaging.support;

import io.reliablemessaging.test.SharedServers;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * A role that may create in schema public, and nothing else. It makes functions and operators that fit our statements' arguments
 * better than PostgreSQL's own, wherever a literal or a parameter has no type of its own or another one than the argument.
 */
public final class Intruder {

    private static final List<String> STRINGS = List.of("text", "varchar", "name", "bpchar");
    private static final List<String> NUMBERS = List.of("int4", "int8", "numeric", "float8", "float4", "oid");
    private static final List<String> TIMES = List.of("timestamptz", "timestamp");
    private static final List<String> ALL = List.of(
            "text",
            "varchar",
            "name",
            "bpchar",
            "\"char\"",
            "int4",
            "int8",
            "numeric",
            "float8",
            "oid",
            "regclass",
            "bool",
            "uuid",
            "bytea",
            "timestamptz",
            "timestamp",
            "interval",
            "xid",
            "tid");
    private static final Map<String, List<String>> LIKE = Map.of(
            "text", STRINGS,
            "integer", NUMBERS,
            "bigint", NUMBERS,
            "double precision", NUMBERS,
            "numeric", NUMBERS,
            "timestamp with time zone", TIMES,
            "timestamp without time zone", TIMES,
            "regclass", List.of("regclass", "oid", "text", "varchar"));
    private static final Set<String> ANYTHING = Set.of("any", "anyelement", "anynonarray");
    private static final int MOST_OVERLOADS = 400;

    private static final String OVERLOADS = """
            select distinct coalesce(array(select format_type(t, null) from unnest(proargtypes) with ordinality as a (t, n) order by n), '{}')
              from pg_proc where pronamespace = 'pg_catalog'::regnamespace and proname = ? and pronargs <= 4
            """;

    private static final String MAKE = """
            create or replace function public.%s(%s) returns %s language plpgsql as
            $$ begin return null; end $$
            """;

    // each pair of types for which PostgreSQL has no operator of its own that fits exactly
    private static final String OPERATORS = """
            do $do$
            declare symbol text; l text; r text; number int := 0; result text;
            begin
              foreach symbol in array '{=,<>,<,<=,>,>=,+,-,*,/,%%,||,~*,~~}'::text[] loop
                foreach l in array string_to_array('%1$s', ',') loop
                  foreach r in array string_to_array('%1$s', ',') loop
                    if exists (select from pg_operator o where o.oprnamespace = 'pg_catalog'::regnamespace and o.oprname = symbol
                                  and o.oprleft = l::regtype and o.oprright = r::regtype) then continue; end if;
                    number := number + 1;
                    result := case when symbol in ('+', '-', '*', '/', '%%') then l when symbol = '||' then 'text' else 'bool' end;
                    execute format('create function public.operator_%%s(%%s, %%s) returns %%s language plpgsql as '
                                   '''begin return null; end''', number, l, r, result);
                    execute format('create operator public.%%s (leftarg = %%s, rightarg = %%s, function = public.operator_%%s)',
                                   symbol, l, r, number);
                  end loop;
                end loop;
              end loop;
            end $do$
            """;

    private final JdbcTemplate sql;

    private Intruder(JdbcTemplate sql) {
        this.sql = sql;
    }

    /** The role, in this database of the shared server. */
    public static Intruder in(String database) {
        var server = SharedServers.postgres();
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(server.jdbcUrl(database));
        source.setUser(server.username());
        source.setPassword(server.password());
        String role = "intruder_" + database;
        JdbcTemplate owner = new JdbcTemplate(source);
        owner.execute("create role %s login password '%s'".formatted(role, server.password()));
        owner.execute("grant create, usage on schema public to " + role);
        PGSimpleDataSource own = new PGSimpleDataSource();
        own.setUrl(server.jdbcUrl(database));
        own.setUser(role);
        own.setPassword(server.password());
        return new Intruder(new JdbcTemplate(own));
    }

    /** Makes functions of these names, and operators. */
    public void shadow(Collection<String> functions) {
        List<String> statements = new ArrayList<>();
        for (String name : functions) {
            for (List<String> arguments : overloads(name)) {
                String types = String.join(", ", arguments);
                statements.add(MAKE.formatted(name, types, arguments.isEmpty() ? "text" : arguments.get(0)));
            }
        }
        for (String type : NUMBERS) {
            statements.add(MAKE.formatted("make_interval", "secs " + type, "interval"));
        }
        sql.batchUpdate(statements.toArray(String[]::new));
        sql.execute(OPERATORS.formatted(String.join(",", ALL)));
    }

    private Set<List<String>> overloads(String name) {
        Set<List<String>> all = new TreeSet<>((one, other) -> one.toString().compareTo(other.toString()));
        sql.query(
                OVERLOADS,
                row -> {
                    String[] types = (String[]) row.getArray(1).getArray();
                    List<List<String>> alike = alike(List.of(types));
                    if (alike.size() <= MOST_OVERLOADS) {
                        all.addAll(alike);
                    }
                },
                name);
        return all;
    }

    private static List<List<String>> alike(List<String> types) {
        List<List<String>> all = List.of(List.of());
        for (String type : types) {
            List<List<String>> longer = new ArrayList<>();
            for (List<String> begin : all) {
                for (String next : alike(type)) {
                    List<String> one = new ArrayList<>(begin);
                    one.add(next);
                    longer.add(one);
                }
            }
            all = longer;
        }
        return all;
    }

    private static List<String> alike(String type) {
        String plain = type.replace("\"", "");
        if (ANYTHING.contains(plain)) {
            return ALL;
        }
        if (plain.equals("anyarray")) {
            return ALL.stream().map(each -> each + "[]").toList();
        }
        return LIKE.getOrDefault(plain, List.of(type));
    }

    /** What of its own was called since the statistics were reset, once sessions have told. */
    public List<String> called() {
        return sql.queryForList("""
                select funcid::regprocedure::text || ' ' || calls::text from pg_stat_user_functions
                 where schemaname = 'public' and calls > 0 order by 1
                """, String.class);
    }
}
