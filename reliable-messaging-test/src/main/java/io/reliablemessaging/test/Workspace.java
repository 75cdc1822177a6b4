package io.reliablemessaging.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The temporary directory of this JVM, in which every server has a directory of its own. A {@link Guard} removes it after the JVM. If the
 * guard was killed too, the next JVM removes it: it can lock the file {@value #LOCK}, so the owner is dead.
 */
final class Workspace {

    private static final String PREFIX = "reliable-messaging-test-";
    private static final String LOCK = "in-use";

    private static @Nullable Workspace current;

    private final Path directory;

    @SuppressWarnings({"unused", "FieldCanBeLocal"}) // held, not read: collecting the channel would end the lock
    private final FileChannel lock;

    private Workspace(Path directory, FileChannel lock) {
        this.directory = directory;
        this.lock = lock;
    }

    /** Creates a new, empty directory for one server or cluster. */
    static synchronized Path newDirectory(String name) {
        try {
            if (current == null) {
                removeLeftovers(Path.of(System.getProperty("java.io.tmpdir")));
                current = create();
            }
            return Files.createTempDirectory(current.directory, name + "-");
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "No directory for " + name + " in java.io.tmpdir; is it full or read-only?", e);
        }
    }

    /** Removes the directory with everything in it; files that cannot be removed now are removed after the JVM. */
    static void remove(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException | UncheckedIOException e) {
            // a process that is just ending still writes; the guard tries again later
        }
    }

    private static Workspace create() throws IOException {
        Path directory = Files.createTempDirectory(PREFIX);
        Guard.removing(directory);
        Path unlocked = directory.resolve(LOCK + ".new");
        FileChannel channel = FileChannel.open(unlocked, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        channel.lock();
        // renamed only after it is locked, so no other JVM ever sees the lock file of a living owner unlocked
        Files.move(unlocked, directory.resolve(LOCK), StandardCopyOption.ATOMIC_MOVE);
        return new Workspace(directory, channel);
    }

    static void removeLeftovers(Path temporary) throws IOException {
        try (Stream<Path> siblings = Files.list(temporary)) {
            List<Path> workspaces = siblings.filter(
                            path -> path.getFileName().toString().startsWith(PREFIX))
                    .toList();
            workspaces.stream().filter(Workspace::isAbandoned).forEach(Workspace::remove);
        }
    }

    private static boolean isAbandoned(Path workspace) {
        try (FileChannel channel = FileChannel.open(workspace.resolve(LOCK), StandardOpenOption.WRITE);
                FileLock owned = channel.tryLock()) {
            return owned != null;
        } catch (IOException | OverlappingFileLockException e) {
            return false; // it belongs to another user, or is just being created or removed
        }
    }
}
