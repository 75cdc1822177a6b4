package io.reliablemessaging.deadletter;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.springframework.dao.CannotAcquireLockException;
import org.springframework.jdbc.UncategorizedSQLException;

/** A lock that was waited for in vain is no other failure, and no other failure is one. */
class KeyLocksTests {

    @Test
    void aLockThatWasNotToBeHadIsToldAsSuch() {
        UncategorizedSQLException thrown = thrown("55P03");
        assertThat(KeyLocks.translate(thrown))
                .isInstanceOf(CannotAcquireLockException.class)
                .hasCause(thrown);
    }

    @Test
    void otherFailuresStayWhatTheyAre() {
        for (String state : new String[] {"57014", "40001", null}) {
            UncategorizedSQLException thrown = thrown(state);
            assertThat(KeyLocks.translate(thrown)).isSameAs(thrown);
        }
    }

    private static UncategorizedSQLException thrown(String state) {
        return new UncategorizedSQLException("lock", "select 1", new SQLException("said", state));
    }
}
