package io.reliablemessaging.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.support.OurSql;
import io.reliablemessaging.support.OurSql.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Whoever may create functions and operators in a schema of the search path must not be able to have ours call them:
 * functions are named with their schema, and parameters have a type, so that an operator of PostgreSQL's own fits exactly.
 */
class SqlTextTests {

    // followed by a bracket, and no function: part of the grammar
    private static final Set<String> GRAMMAR = Set.of(
            "as",
            "any",
            "all",
            "in",
            "values",
            "exists",
            "coalesce",
            "nullif",
            "greatest",
            "least",
            "extract",
            "position",
            "array",
            "lateral",
            "materialized",
            "over",
            "using",
            "conflict",
            "filter",
            "distinct",
            "and",
            "or",
            "not",
            "where",
            "from",
            "select",
            "when",
            "with",
            "then",
            "on",
            "row",
            "union",
            "by",
            "key",
            "check",
            "default",
            "create",
            "gin",
            "index",
            "always",
            "references",
            "unique",
            "set",
            "cache",
            "identity",
            "float8",
            "numeric");

    private static final Pattern CALL = Pattern.compile("(?<![\\w.:\"])([a-z_][a-z0-9_]*)\\s*\\(");
    private static final Pattern NAMED = Pattern.compile("(?<![:\\w]):([a-zA-Z]\\w*)(?!\\w|::)");
    private static final Pattern POSITIONAL = Pattern.compile("\\?(?!::)");
    // with several arguments, in FROM, PostgreSQL's grammar itself makes calls of pg_catalog.unnest of it
    private static final Pattern UNNEST_OF_SEVERAL = Pattern.compile("\\bunnest\\([^()]*,[^()]*\\)");
    private static final Pattern NO_CALL = Pattern.compile(
            "\\bindex\\s+[a-z_]+\\s+on\\s+[a-z_]+\\s*\\(|\\b(?:table|references)\\s+[a-z_]+\\s*\\(|\\bas\\s+[a-z_]+\\s*\\(|\\binto\\s+[a-z_.]+\\s+as\\s+[a-z_]+\\s*\\(");

    @Test
    void everyFunctionIsNamedWithItsSchema() {
        List<Text> all = OurSql.literals();
        assertThat(all).hasSizeGreaterThan(150);
        assertThat(all).flatMap(SqlTextTests::unqualified).isEmpty();
    }

    @Test
    void everyParameterHasAType() {
        assertThat(OurSql.literals()).flatMap(SqlTextTests::untyped).isEmpty();
    }

    @Test
    void everyFunctionOfAMigrationIsNamedWithItsSchema() {
        assertThat(OurSql.migrations()).isNotEmpty();
        assertThat(OurSql.migrations()).flatMap(SqlTextTests::unqualified).isEmpty();
    }

    @Test
    void aTextThatBreaksTheRuleIsFound() {
        assertThat(unqualified(new Text(
                        "", "select now(), pg_catalog.now(), count (*) from unnest(?::int[], ?::int[]) as a (b, c)")))
                .containsExactly(": now", ": count");
        assertThat(unqualified(new Text("", "from unnest(?::int[])"))).containsExactly(": unnest");
        assertThat(untyped(new Text("", "where a = :b and c = :d::text and e = 'f:g' and h = ? and i = ?::int")))
                .containsExactly(": :b", ": ?");
    }

    private static List<String> unqualified(Text text) {
        String code = NO_CALL.matcher(UNNEST_OF_SEVERAL.matcher(text.code()).replaceAll(""))
                .replaceAll("");
        return CALL.matcher(code)
                .results()
                .map(call -> call.group(1))
                .filter(name -> !GRAMMAR.contains(name))
                .map(name -> text.place() + ": " + name)
                .toList();
    }

    private static List<String> untyped(Text text) {
        List<String> found = new ArrayList<>();
        for (Pattern parameter : List.of(NAMED, POSITIONAL)) {
            parameter.matcher(text.code()).results().map(MatchResult::group).forEach(found::add);
        }
        return found.stream().map(parameter -> text.place() + ": " + parameter).toList();
    }
}
