package io.reliablemessaging.reachability;

import io.reliablemessaging.retry.FailureJudge;
import io.reliablemessaging.retry.FailureKind;
import io.reliablemessaging.schema.DatabaseProbe;
import java.sql.SQLException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.TransientDataAccessResourceException;

/**
 * Asks PostgreSQL for a value, over a connection of the pool. A pool that has no connection to give says nothing about the
 * database, unless its exception says why.
 */
final class DatabaseQuestion implements AvailabilityQuestion {

    private static final String REFUSED =
            "PostgreSQL refuses the login of this application: %s. Correct its user or password, or grant the role LOGIN and CONNECT on the database; nothing is lost meanwhile";

    private final DatabaseProbe probe;
    private final @Nullable DatabaseProbe besidePool;
    private final String address;
    private final BooleanSupplier poolHasRoom;

    /**
     * Creates the question.
     *
     * @param besidePool asks over a connection that is not of the pool; null if none can be opened
     * @param address the address of the database, for people
     * @param poolHasRoom tells whether the pool is known to have a connection left, so that a wait has another reason
     */
    DatabaseQuestion(
            DatabaseProbe probe, @Nullable DatabaseProbe besidePool, String address, BooleanSupplier poolHasRoom) {
        this.probe = probe;
        this.besidePool = besidePool;
        this.address = address;
        this.poolHasRoom = poolHasRoom;
    }

    @Override
    public Answer ask() {
        Answer answer = ask(probe);
        // broken connections of a pool say nothing about the database: another or a new one may work
        if (answer instanceof Answer.Silent) {
            answer = ask(probe);
        }
        return answer instanceof Answer.Silent && besidePool != null ? ask(besidePool) : answer;
    }

    // a pool that cannot open a connection does not say why
    @Override
    public Answer askOtherwise(String cause) {
        return besidePool == null ? new Answer.Silent(cause) : ask(besidePool);
    }

    private static Answer ask(DatabaseProbe probe) {
        try {
            probe.ask();
            return new Answer.There();
        } catch (TransientDataAccessResourceException e) { // it takes no writes
            return new Answer.Silent(cause(e));
        } catch (RuntimeException e) {
            if (FailureJudge.kindOf(e) == FailureKind.DATABASE_AWAY) {
                return new Answer.Silent(cause(e));
            }
            if (FailureJudge.isRefusal(NestedExceptionUtils.getMostSpecificCause(e))) {
                return new Answer.Refused(REFUSED.formatted(cause(e)));
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
