package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.ServerIdentity;
import io.reliablemessaging.text.ReadableLogger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/** Remembers which PostgreSQL server everything that the relay has in memory was learned from. Of one thread. */
final class KnownServer {

    private static final Logger log = ReadableLogger.of(KnownServer.class);

    private @Nullable ServerIdentity known;
    private boolean toldThatItIsHidden;

    /** Whether this is another server than the one that is known, if one is. */
    boolean isReplacedBy(ServerIdentity now) {
        return known != null && !known.isSameAs(now);
    }

    /** Notes that everything is learned from this server from now on, and says so where that is news. */
    void learn(ServerIdentity now) {
        ServerIdentity before = known;
        if (before != null && !before.isSameAs(now)) {
            log.warn(
                    "The outbox is on another PostgreSQL server now ({}; before: {}). The relay starts anew: it reads all rows"
                            + " again and may send some messages a second time. If this is a standby that was promoted before it"
                            + " had received everything, the last transactions are lost, but their messages may have been sent",
                    describe(now),
                    describe(before));
        }
        if (now.history() == null && !toldThatItIsHidden) {
            toldThatItIsHidden = true;
            log.warn(
                    "This role may not ask PostgreSQL for its system identifier and timeline, so every restart of the server"
                            + " counts as a fail-over: some messages may be sent a second time then. Grant execute on"
                            + " pg_control_system(), pg_current_wal_lsn() and pg_walfile_name(pg_lsn) to change that");
        }
        known = now;
    }

    private static String describe(ServerIdentity server) {
        return server.history() == null ? "started at epoch second " + server.startedAt() : server.history();
    }
}
