package io.reliablemessaging.test;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The arguments of {@link EmbeddedServersMain}. */
record DevelopmentOptions(int postgresPort, int kafkaPort, List<String> databases) {

    static final String POSTGRES_PORT = "--postgres-port";
    static final String KAFKA_PORT = "--kafka-port";

    private static final String DATABASES = "--databases";
    private static final Map<String, String> DEFAULTS =
            Map.of(POSTGRES_PORT, "5432", KAFKA_PORT, "9092", DATABASES, "shop,billing");
    private static final String USER = "dev";
    private static final String MONITOR = "pg_monitor"; // may see other sessions, as the starter's audit needs to
    private static final int HIGHEST_PORT = 65_535;

    /** @throws IllegalArgumentException if an argument is not known, or its value is not possible */
    static DevelopmentOptions parse(String... arguments) {
        Map<String, String> options = new TreeMap<>(DEFAULTS);
        for (String argument : arguments) {
            String[] nameAndValue = argument.split("=", 2);
            if (nameAndValue.length < 2 || options.replace(nameAndValue[0], nameAndValue[1]) == null) {
                throw new IllegalArgumentException(argument + " is not known. Arguments, with their defaults: "
                        + new TreeMap<>(DEFAULTS)
                                .entrySet().stream().map(Map.Entry::toString).collect(Collectors.joining(" ")));
            }
        }
        return new DevelopmentOptions(
                port(POSTGRES_PORT, options), port(KAFKA_PORT, options), names(options.getOrDefault(DATABASES, "")));
    }

    void createDatabases(PostgresServer server) {
        server.createUser(USER, USER, MONITOR);
        databases.forEach(database -> server.createDatabase(database, USER));
    }

    String instructions() {
        return """

                PostgreSQL and Kafka are up. Ctrl-C stops them and removes their data.

                %s
                spring:
                  datasource:
                    url: jdbc:postgresql://localhost:%d/%s
                    username: %s
                    password: %s
                    hikari:
                      data-source-properties: # notices a connection that died silently
                        socketTimeout: 300 # seconds
                        tcpKeepAlive: true
                  kafka:
                    bootstrap-servers: localhost:%d
                """.formatted(advice(), postgresPort, databases.get(0), USER, USER, kafkaPort);
    }

    private String advice() {
        String others = String.join(", ", databases.subList(1, databases.size()));
        return "# application.yml"
                + (others.isEmpty() ? "" : "; each application has a database of its own. Others are here: " + others);
    }

    private static int port(String name, Map<String, String> options) {
        String value = options.getOrDefault(name, "");
        try {
            int port = Integer.parseInt(value);
            if (port > 0 && port <= HIGHEST_PORT) {
                return port;
            }
        } catch (NumberFormatException e) {
            // refused below
        }
        throw new IllegalArgumentException(
                name + "=" + value + " is not a port; use a number from 1 to " + HIGHEST_PORT);
    }

    private static List<String> names(String value) {
        List<String> names = List.of(value.split(",", -1));
        if (!names.stream().allMatch(name -> name.matches("[a-z_][a-z0-9_]*"))) {
            throw new IllegalArgumentException(DATABASES + "=" + value
                    + " is not a list of database names; use lower-case letters, digits and _, as in shop,billing");
        }
        return names;
    }
}
