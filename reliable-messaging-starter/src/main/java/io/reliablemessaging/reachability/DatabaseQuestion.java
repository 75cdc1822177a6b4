package io.reliablemessaging.reachability;

import io.reliablemessaging.retry.FailureJudge;
import io.reliablemessaging.retry.FailureKind;
import io.reliablemessaging.schema.DatabaseProbe;
import java.sql.SQLException;
import java.util.function.BooleanSupplier;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.TransientDataAccessResourceException;

/**
 * Asks PostgreSQL for a value, over a connection of the pool. That the pool has none to give says nothing about the database,
 * unless it says why.
 */
final class DatabaseQuestion implements Question {

    private final DatabaseProbe probe;
    private final String address;
    private final BooleanSupplier poolHasRoom;

    /**
     * Makes the question.
     *
     * @param address where it is asked, for people
     * @param poolHasRoom whether the pool is known to have a connection left, so that waiting is not for that
     */
    DatabaseQuestion(DatabaseProbe probe, String address, BooleanSupplier poolHasRoom) {
        this.probe = probe;
        this.address = address;
        this.poolHasRoom = poolHasRoom;
    }

    @Override
    public Answer ask() {
        Answer answer = askOnce();
        // one broken connection of a pool says nothing about the database: the next one may work, or a new one
        return answer instanceof Answer.Silent ? askOnce() : answer;
    }

    private Answer askOnce() {
        try {
            probe.ask();
            return new Answer.There();
        } catch (TransientDataAccessResourceException e) { // it takes no writes
            return new Answer.Silent(cause(e));
        } catch (RuntimeException e) {
            FailureKind kind = FailureJudge.kindOf(e);
            if (kind == FailureKind.DATABASE_AWAY) {
                return new Answer.Silent(cause(e));
            }
            return NestedExceptionUtils.getMostSpecificCause(e) instanceof SQLException said
                            && said.getSQLState() != null
                    ? new Answer.There()
                    : new Answer.Unknown(cause(e));
        }
    }

    private static String cause(RuntimeException e) {
        return NestedExceptionUtils.getMostSpecificCause(e)
                .toString()
                .lines()
                .findFirst()
                .orElse("");
    }

    @Override
    public boolean meansSilence() {
        return poolHasRoom.getAsBoolean();
    }

    @Override
    public String where() {
        return "no answer from " + address;
    }

    @Override
    public void close() {}
}
