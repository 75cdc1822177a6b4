package io.reliablemessaging.test;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Builds the command line of a broker: a small JVM with every jar of this one, among which Kafka is. */
final class BrokerCommand {

    private static final String RESOURCES = "io/reliablemessaging/test/";

    private BrokerCommand() {}

    /** Writes the class path to a file, since a single argument is limited to 128 KiB and a class path may be longer. */
    static List<String> create(Path directory, List<String> arguments) throws IOException {
        Path classPath = directory.resolve("java-arguments");
        Files.writeString(classPath, "-cp\n\"" + join(classPath()).replace("\\", "\\\\") + "\"\n");
        List<String> java = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                // for either logger that the user may have
                "-Dlogback.configurationFile=" + RESOURCES + "broker-logback.xml",
                "-Dlog4j2.configurationFile=classpath:" + RESOURCES + "broker-log4j2.properties",
                "@" + classPath,
                BrokerMain.class.getName());
        return List.of(java, arguments).stream().flatMap(List::stream).toList();
    }

    private static String join(Collection<Path> paths) {
        return paths.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }

    /** Collects jars only: a directory may contain the user's own logger configuration. Our own directory is included during our build. */
    private static Set<Path> classPath() throws IOException {
        Set<Path> paths = new LinkedHashSet<>();
        paths.add(ownLocation());
        ClassLoader loader = BrokerCommand.class.getClassLoader();
        for (URL manifest : Collections.list(loader.getResources("META-INF/MANIFEST.MF"))) {
            if (manifest.getProtocol().equals("jar")) {
                String path = manifest.getPath();
                paths.add(Path.of(URI.create(path.substring(0, path.indexOf("!/")))));
            }
        }
        return paths;
    }

    private static Path ownLocation() {
        try {
            return Path.of(BrokerMain.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException e) {
            throw new UncheckedIOException(new IOException("Cannot find this module's own classes", e));
        }
    }
}
