package io.reliablemessaging.operationlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verifyNoInteractions;

import io.reliablemessaging.schema.Schema;
import java.nio.charset.StandardCharsets;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** What the log takes, and in which form. */
class OperationLogTests {

    @Test
    void nobodyIsNotTheOneWhoDidIt() {
        DataSource dataSource = mock(DataSource.class);
        OperationLog log = new OperationLog(dataSource, new Schema("shop"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> log.note(" \t", "replay", "topic orders", null))
                .withMessage(
                        "Command 'replay' for 1 targets was not carried out: 'who' is empty. Name the person or job that gives it");
        assertThatIllegalArgumentException().isThrownBy(() -> log.note(null, "replay", "topic orders", null));
        verifyNoInteractions(dataSource);
    }

    @Test
    void whoAndWhyAreRequiredByName() {
        assertThat(OperationLog.requireWho("olive")).isEqualTo("olive");
        assertThat(OperationLog.requireReason("fixed")).isEqualTo("fixed");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OperationLog.requireWho(""))
                .withMessageContaining("'who' is empty");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OperationLog.requireReason(null))
                .withMessage("A reason must be given, for later readers: 'reason' is empty");
    }

    @Test
    void aTargetThatFitsStaysAsItIsButForWhatNoColumnHolds() {
        assertThat(OperationLog.storableTarget("orders billing 1")).isEqualTo("orders billing 1");
        assertThat(OperationLog.storableTarget("a".repeat(600))).isEqualTo("a".repeat(600));
        assertThat(OperationLog.storableTarget("a\0b\ud800")).isEqualTo("a\\0b\\ud800");
    }

    @Test
    void longTargetsFitTheIndexAndStayApart() {
        for (String character : new String[] {"a", "\u0000", "\u20ac", "\ud83d\ude00"}) {
            String one = OperationLog.storableTarget(character.repeat(2000) + "1");
            String other = OperationLog.storableTarget(character.repeat(2000) + "2");
            assertThat(one).hasSizeLessThanOrEqualTo(600).isNotEqualTo(other);
            assertThat(one.getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(2700);
            assertThat(one).isEqualTo(OperationLog.storableTarget(character.repeat(2000) + "1"));
        }
    }
}
