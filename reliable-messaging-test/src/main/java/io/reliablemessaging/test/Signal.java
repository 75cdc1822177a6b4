package io.reliablemessaging.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** POSIX signals, sent with the shell's own {@code kill}: Java can send only two, and slim images have no {@code /bin/kill}. */
enum Signal {
    /** An orderly end for a broker. */
    TERM,
    /** An orderly ("fast") end for PostgreSQL. */
    INT,
    /** The immediate end for PostgreSQL; the postmaster still ends its own children. */
    QUIT,
    KILL,
    STOP,
    CONT;

    /** Sends the signal to each process that still exists, and returns when it was sent. */
    void sendTo(List<ProcessHandle> processes) {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "kill -" + name() + " \"$@\"", "sh"));
        processes.forEach(process -> command.add(Long.toString(process.pid())));
        try {
            Interruptions.await(new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()::waitFor);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "SIG" + name() + " was not sent: cannot run sh, which must be on the PATH", e);
        }
    }
}
