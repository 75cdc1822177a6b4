package io.reliablemessaging.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Arguments of {@link EmbeddedServersMain}. */
class DevelopmentOptionsTests {

    @Test
    void startsWhereSpringBootLooksByDefault() {
        assertThat(DevelopmentOptions.parse())
                .isEqualTo(new DevelopmentOptions(5432, 9092, List.of("shop", "billing")));
    }

    @Test
    void printsWhatTheReadmeConfigures() throws IOException {
        String instructions = DevelopmentOptions.parse().instructions();

        assertThat(Files.readString(Path.of("../README.md")))
                .contains(instructions.substring(instructions.indexOf("  datasource:")));
    }

    @Test
    void takesOtherPortsAndDatabases() {
        assertThat(DevelopmentOptions.parse("--kafka-port=9093", "--databases=orders", "--postgres-port=5433"))
                .isEqualTo(new DevelopmentOptions(5433, 9093, List.of("orders")));
    }

    @Test
    void namesAllArgumentsToWhoMistypesOne() {
        for (String argument : List.of("--postgres=5433", "--kafka-port", "shop")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> DevelopmentOptions.parse(argument))
                    .withMessage(argument + " is not known. Arguments, with their defaults:"
                            + " --databases=shop,billing --kafka-port=9092 --postgres-port=5432");
        }
    }

    @Test
    void refusesWhatIsNoPort() {
        for (String port : List.of("", "kafka", "0", "65536")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> DevelopmentOptions.parse("--kafka-port=" + port))
                    .withMessage("--kafka-port=" + port + " is not a port; use a number from 1 to 65535");
        }
    }

    @Test
    void refusesWhatWouldHaveToBeQuotedInAUrl() {
        for (String names : List.of("", "shop,", "Shop", "my-shop")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> DevelopmentOptions.parse("--databases=" + names))
                    .withMessageStartingWith("--databases=" + names + " is not a list of database names");
        }
    }
}
