package io.reliablemessaging.test;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;

/** Copies the files of a running server as the start of a standby. Our archive of PostgreSQL has no {@code pg_basebackup}. */
final class StandbyFiles {

    // their contents belong to the running server only; a standby fetches the write-ahead log from its primary
    private static final Set<String> CONTENTS_LEFT_OUT = Set.of(
            "pg_wal",
            "pg_dynshmem",
            "pg_notify",
            "pg_replslot",
            "pg_serial",
            "pg_snapshots",
            "pg_stat_tmp",
            "pg_subtrans");
    private static final Set<String> FILES_LEFT_OUT = Set.of("postmaster.pid", "postmaster.opts", "pg_internal.init");

    private StandbyFiles() {}

    /**
     * Copies the data directory while the server works.
     *
     * @param superuser a connection to the server; both calls that frame the copy must be in one session
     * @param connectionInfo libpq's connection string from the standby to its primary
     */
    static void copy(Connection superuser, Path from, Path to, String connectionInfo) throws SQLException, IOException {
        try (Statement statement = superuser.createStatement()) {
            statement.execute("select pg_backup_start('standby', true)");
            Files.walkFileTree(from, new Copy(from, to));
            try (ResultSet backup = statement.executeQuery("select labelfile from pg_backup_stop(false)")) {
                backup.next();
                Files.writeString(to.resolve("backup_label"), backup.getString(1));
            }
        }
        Files.createFile(to.resolve("standby.signal"));
        // not on the command line, so that ALTER SYSTEM can change it while the standby runs
        Files.writeString(
                to.resolve("postgresql.auto.conf"),
                "primary_conninfo = '%s'%n".formatted(connectionInfo),
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }

    private static final class Copy extends SimpleFileVisitor<Path> {

        private final Path from;
        private final Path to;

        private Copy(Path from, Path to) {
            this.from = from;
            this.to = to;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) throws IOException {
            Path relative = from.relativize(directory);
            Path target = to.resolve(relative.toString());
            Files.copy(directory, target, StandardCopyOption.COPY_ATTRIBUTES);
            if (CONTENTS_LEFT_OUT.contains(relative.toString())) {
                if (relative.toString().equals("pg_wal")) {
                    Files.createDirectory(target.resolve("archive_status"));
                    Files.createDirectory(target.resolve("summaries"));
                }
                return FileVisitResult.SKIP_SUBTREE;
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            if (!FILES_LEFT_OUT.contains(file.getFileName().toString())) {
                try {
                    Files.copy(file, to.resolve(from.relativize(file).toString()), StandardCopyOption.COPY_ATTRIBUTES);
                } catch (NoSuchFileException e) {
                    // dropped meanwhile, which the write-ahead log records, too
                }
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw e;
        }
    }
}
