package io.reliablemessaging.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Runs PostgreSQL, which refuses to run as root, under a prefix that takes root away, and with files that its user owns. */
enum Unprivileged {
    /** Already a normal user: no prefix. */
    AS_IS(""),

    /** A user namespace in which we are the user nobody. It execs, so the pid stays; files keep their owner. */
    USER_NAMESPACE("unshare -U"),

    /** Really another user, who must own the files: for systems that forbid namespaces, such as a typical container. */
    OTHER_USER("setpriv --reuid=65534 --regid=65534 --clear-groups");

    private static final String NOBODY = "65534";

    private final String prefix;

    Unprivileged(String prefix) {
        this.prefix = prefix;
    }

    static Unprivileged find() {
        if (!isRoot()) {
            return AS_IS;
        }
        return Stream.of(USER_NAMESPACE, OTHER_USER)
                .filter(Unprivileged::works)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(
                        "PostgreSQL refuses to run as root, and neither 'unshare -U' nor 'setpriv'"
                                + " works here. Run the tests as a normal user, install util-linux, or use"
                                + " reliable-messaging.test.infrastructure=containers."));
    }

    static boolean isRoot() {
        try {
            Path mine = Files.createTempFile("reliable-messaging-", null);
            Object uid = Files.getAttribute(mine, "unix:uid");
            Files.delete(mine);
            return uid.equals(0);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot write to java.io.tmpdir", e);
        }
    }

    List<String> command(List<String> command) {
        return Stream.concat(prefix.lines().flatMap(line -> Stream.of(line.split(" "))), command.stream())
                .toList();
    }

    /** Gives the directory and its files to the user that runs PostgreSQL. */
    void handOver(Path directory) throws IOException {
        if (this != OTHER_USER) {
            return;
        }
        Files.setPosixFilePermissions(directory.getParent(), PosixFilePermissions.fromString("rwx--x--x"));
        UserPrincipal nobody =
                directory.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(NOBODY);
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.toList()) {
                Files.setOwner(file, nobody);
            }
        }
    }

    private boolean works() {
        return exitCode(command(List.of("true"))).filter(code -> code == 0).isPresent();
    }

    private static Optional<Integer> exitCode(List<String> command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return Optional.of(Interruptions.await(process::waitFor));
        } catch (IOException e) {
            return Optional.empty(); // not installed
        }
    }
}
