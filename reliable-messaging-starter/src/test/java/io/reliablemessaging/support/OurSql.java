package io.reliablemessaging.support;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreeScanner;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.FailureGroup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.springframework.test.util.ReflectionTestUtils;

/** The SQL in the sources of the starter, for tests that hold all of it to one rule. */
public final class OurSql {

    private static final Path JAVA = Path.of("src/main/java");
    private static final Path ROOT = JAVA.resolve("io/reliablemessaging");
    private static final Path MIGRATIONS = Path.of("src/main/resources/db/reliable-messaging");

    private static final Pattern SQL = Pattern.compile(
            "(?m)^\\s*[;()]?\\s*(select|insert into|update [a-z_]+\\.|delete from|with [a-z_]+ as|where|from|and|order by|"
                    + "lock table|returning|on conflict|,\\s+[a-z_.]+\\()\\b|\\b[a-z]\\.[a-z_]+ (=|<|>|>=) :");
    private static final Pattern STATEMENT = Pattern.compile(
            "\\A\\s*(select|insert into|update [a-z_]+\\.|delete from|with( recursive)? [a-z_]+ as)\\b");

    private static final Pattern PARAMETER = Pattern.compile("(\\?|(?<!:):[a-zA-Z]\\w*)::([a-z0-9_]+(?:\\[])?)");

    // what is put together at run time
    private static final Map<String, List<String>> COMPLETED = Map.of(
            "KeyLocks.DEAD", List.of("skip locked"),
            "KeyLocks.MISSING", List.of("(consumer_group, topic, queue) do update set claim = parked_key.claim"),
            "KeyLocks.KEYS", List.of("skip locked"),
            "OrphanedMessages.ADOPT", List.of("OrphanedMessages.OF_LISTENER", "OrphanedMessages.IS_ORPHAN"));

    /** Statements about the messages of a page. */
    private static final Set<String> PAGED =
            Set.of("BulkCommands.CANDIDATES", "ChosenRedrive.COUNT", "ChosenRedrive.BY_PAGE");

    private static List<Text> strings = List.of();

    private OurSql() {}

    /**
     * SQL, or a part of it.
     *
     * @param place where it stands
     */
    public record Text(String place, String sql) {

        /** Without comments and without what stands in quotes. */
        public String code() {
            return sql.replaceAll("--[^\n]*", "").replaceAll("'[^']*'", "''");
        }
    }

    /** Each string literal that is SQL, or a part of it. */
    public static List<Text> literals() {
        return strings().stream()
                .filter(text -> SQL.matcher(text.sql()).find())
                .map(text -> new Text(fileOf(text.place()) + ": " + text.sql(), text.sql()))
                .toList();
    }

    private static String fileOf(String type) {
        return type.substring(type.lastIndexOf('.') + 1) + ".java";
    }

    /** Each string literal, whether SQL or not, by the class of its file ({@code inbox.InboxPurge}). */
    public static synchronized List<Text> strings() {
        if (strings.isEmpty()) {
            strings = List.copyOf(parse());
        }
        return strings;
    }

    private static List<Text> parse() {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            Iterable<? extends JavaFileObject> sources = files.getJavaFileObjectsFromPaths(files(JAVA, ".java"));
            JavacTask parser = (JavacTask) compiler.getTask(null, files, null, null, null, sources);
            List<Text> found = new ArrayList<>();
            for (CompilationUnitTree unit : parser.parse()) {
                unit.accept(new Literals(unit, found), null);
            }
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class Literals extends TreeScanner<Void, Void> {

        private final CompilationUnitTree unit;
        private final List<Text> found;

        Literals(CompilationUnitTree unit, List<Text> found) {
            this.unit = unit;
            this.found = found;
        }

        @Override
        public Void visitLiteral(LiteralTree literal, Void nothing) {
            if (literal.getValue() instanceof String text) {
                found.add(new Text(type(), text));
            }
            return null;
        }

        private String type() {
            return ROOT.relativize(Path.of(unit.getSourceFile().getName()))
                    .toString()
                    .replace(".java", "")
                    .replace('/', '.');
        }
    }

    /**
     * Each statement, with what is put together at run time, and with {@code $1} for the first parameter. Among them are some parts of
     * statements, which PostgreSQL cannot read.
     */
    public static List<Statement> statements() {
        Map<String, String> constants = new TreeMap<>();
        constants().forEach(text -> constants.put(text.place(), text.sql()));
        List<Text> all = new ArrayList<>();
        String conditions = condition("of", everything());
        constants.forEach((place, sql) -> {
            if (STATEMENT.matcher(sql).find() && !place.startsWith("FailureGroupReader.")) {
                all.add(new Text(place, completed(place, sql, constants, conditions)));
            }
        });
        String find = constants.get("DeadLetterReader.LETTER") + constants.get("DeadLetterReader.FROM") + conditions;
        all.add(new Text("DeadLetterReader, find", find));
        for (DeadLetterQuery query : queries()) {
            all.add(new Text("DeadLetterCondition, page", condition("page", query, Long.MAX_VALUE, 100)));
        }
        all.add(new Text("FailureGroupReader, by fingerprint", groups("sqlOfFingerprints", conditions)));
        all.add(new Text(
                "FailureGroupReader, without fingerprint",
                groups(
                        "sql",
                        constants.get("FailureGroupReader.UNMARKED"),
                        constants.get("FailureGroupReader.OF_LISTENER"),
                        conditions)));
        literals().stream()
                .filter(text -> text.sql().startsWith("select ") && !text.sql().contains("\n"))
                .forEach(all::add);
        return all.stream().flatMap(text -> Statement.in(text).stream()).toList();
    }

    private static DeadLetterQuery everything() {
        return DeadLetterQuery.dead()
                .group("g")
                .topic("t")
                .key("k")
                .errorClass("E")
                .fingerprint("f")
                .words("w")
                .parkedAfter(Instant.EPOCH)
                .parkedBefore(Instant.EPOCH);
    }

    /** One for each index that a page may be found by. */
    private static List<DeadLetterQuery> queries() {
        DeadLetterQuery all = DeadLetterQuery.all();
        return List.of(
                all,
                DeadLetterQuery.dead(),
                all.group("g").topic("t"),
                all.group("g"),
                all.key("k"),
                all.fingerprint("f"),
                all.fingerprint(FailureGroup.NO_FINGERPRINT),
                all.words("w"),
                all.errorClass("E"),
                all.parkedAfter(Instant.EPOCH).parkedBefore(Instant.EPOCH));
    }

    private static String condition(String method, Object... arguments) {
        Object condition = call("io.reliablemessaging.deadletter.DeadLetterCondition", method, arguments);
        return (String) ReflectionTestUtils.invokeMethod(condition, "sql");
    }

    private static String groups(String method, Object... arguments) {
        return (String) call("io.reliablemessaging.failures.FailureGroupReader", method, arguments);
    }

    private static Object call(String type, String method, Object... arguments) {
        try {
            return ReflectionTestUtils.invokeMethod(Class.forName(type), method, arguments);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String completed(String place, String sql, Map<String, String> constants, String conditions) {
        if (sql.stripTrailing().endsWith("where")) {
            return sql + conditions;
        }
        if (PAGED.contains(place)) {
            return sql.formatted(condition("page", everything(), Long.MAX_VALUE, 100));
        }
        Object[] parts = COMPLETED.getOrDefault(place, List.of()).stream()
                .map(part -> constants.getOrDefault(part, part))
                .toArray();
        return parts.length == 0 ? sql : sql.formatted(parts);
    }

    /**
     * A statement as PostgreSQL reads it.
     *
     * @param place where it stands
     * @param sql with numbered parameters
     * @param types of the parameters
     */
    public record Statement(String place, String sql, List<String> types) {

        /** Those of a text; all but such that PostgreSQL does not plan. */
        public static List<Statement> in(Text text) {
            return Stream.of(text.sql().replaceAll("--[^\n]*", "").split(";"))
                    .filter(each -> !each.isBlank() && !each.stripLeading().startsWith("lock table"))
                    .map(each -> numbered(text.place(), each))
                    .toList();
        }

        /** Whether another one, or what is a part of a statement, stands in it. */
        public boolean contains(Statement part) {
            return unnumbered().contains(part.unnumbered());
        }

        private String unnumbered() {
            return sql.replaceAll("\\$\\d+", "?");
        }

        private static Statement numbered(String place, String sql) {
            List<String> types = new ArrayList<>();
            String numbered = PARAMETER.matcher(sql).replaceAll(parameter -> {
                types.add(parameter.group(2));
                return "\\$" + types.size() + "::" + Matcher.quoteReplacement(parameter.group(2));
            });
            return new Statement(place, numbered, types);
        }
    }

    /** Each constant text, by its class and its name. */
    public static List<Text> constants() {
        List<Text> found = new ArrayList<>();
        for (Path source : files(JAVA, ".java")) {
            String name =
                    JAVA.relativize(source).toString().replace(".java", "").replace('/', '.');
            if (!name.endsWith("package-info")) {
                collect(name, found);
            }
        }
        return found;
    }

    private static void collect(String name, List<Text> found) {
        try {
            Class<?> type = Class.forName(name, false, OurSql.class.getClassLoader());
            for (Field field : type.getDeclaredFields()) {
                if (Modifier.isStatic(field.getModifiers()) && field.getType() == String.class) {
                    field.setAccessible(true);
                    String text = (String) field.get(null);
                    if (text != null) {
                        found.add(new Text(type.getSimpleName() + "." + field.getName(), text));
                    }
                }
            }
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("Constants of " + name + " cannot be read", e);
        }
    }

    /** The migrations, in their order. */
    public static List<Text> migrations() {
        return files(MIGRATIONS, ".sql").stream()
                .sorted(Comparator.comparingInt(OurSql::version))
                .map(script -> new Text(script.getFileName().toString(), read(script)))
                .toList();
    }

    private static int version(Path script) {
        String name = script.getFileName().toString();
        return Integer.parseInt(name.substring(1, name.indexOf("__")));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> files(Path directory, String ending) {
        try (Stream<Path> all = Files.walk(directory)) {
            return Arrays.stream(all.toArray(Path[]::new))
                    .filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
