package io.reliablemessaging.intake;

import io.reliablemessaging.outbox.ServerIdentity;
import io.reliablemessaging.text.ReadableLogger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/** Remembers the PostgreSQL server that all state in memory was learned from. Used by one thread. */
public final class KnownServer {

    private static final Logger log = ReadableLogger.of(KnownServer.class);

    private @Nullable ServerIdentity known;
    private boolean toldThatItIsHidden;

    /** Returns whether this is another server than the known one, if there is one. */
    public boolean isReplacedBy(ServerIdentity now) {
        return known != null && !known.isSameAs(now);
    }

    /** Sets the known server, and logs if it is another one. */
    public void learn(ServerIdentity now) {
        ServerIdentity before = known;
        if (before != null && !before.isSameAs(now)) {
            log.warn(
                    "The outbox is on another PostgreSQL server now ({}; before: {}). The relay starts anew: it reads all rows"
                            + " again and may send some messages twice; the inbox drops the second. If this is a standby that was"
                            + " promoted before it had received everything, the last transactions are lost, but their messages"
                            + " may have been sent: compare the data of both servers",
                    describe(now),
                    describe(before));
        }
        if (now.history() == null && !toldThatItIsHidden) {
            toldThatItIsHidden = true;
            log.warn(
                    "This database role may not read PostgreSQL's system identifier and timeline, so every restart of the server"
                            + " counts as a fail-over: some messages may be sent twice then. To avoid that, grant it execute on"
                            + " pg_control_system(), pg_current_wal_lsn() and pg_walfile_name(pg_lsn)");
        }
        known = now;
    }

    private static String describe(ServerIdentity server) {
        return server.history() == null ? "started at epoch second " + server.startedAt() : server.history();
    }
}
