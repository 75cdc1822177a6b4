package io.reliablemessaging.support;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Key stores of a broker and of its clients, and the trust store of both, in files that are written anew with another authority. */
public final class Certificates {

    public static final String PASSWORD = "changeit";

    private final Path directory;

    public Certificates(Path directory) {
        this.directory = directory;
    }

    public Path broker() {
        return directory.resolve("broker.p12");
    }

    public Path client() {
        return directory.resolve("client.p12");
    }

    public Path trusted() {
        return directory.resolve("trusted.p12");
    }

    /** Makes an authority that nobody has trusted before, and certificates of it for both. */
    public void renew() {
        Path made = directory.resolve(UUID.randomUUID() + ".p12");
        generate(made, "authority", "-ext", "bc:c");
        generate(made, "broker", "-signer", "authority", "-ext", "san=ip:127.0.0.1");
        generate(made, "client", "-signer", "authority");
        try {
            KeyStore all = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(made)) {
                all.load(in, PASSWORD.toCharArray());
            }
            KeyStore trust = empty();
            trust.setCertificateEntry("authority", all.getCertificate("authority"));
            write(trust, trusted());
            write(only("broker", all), broker());
            write(only("client", all), client());
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("Certificates are not made in " + directory, e);
        }
    }

    private static KeyStore only(String alias, KeyStore all) throws GeneralSecurityException, IOException {
        KeyStore one = empty();
        char[] password = PASSWORD.toCharArray();
        one.setKeyEntry(alias, all.getKey(alias, password), password, all.getCertificateChain(alias));
        return one;
    }

    private static KeyStore empty() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    // nobody reads half of a file
    private static void write(KeyStore store, Path file) throws GeneralSecurityException, IOException {
        Path next = file.resolveSibling(file.getFileName() + ".next");
        try (OutputStream out = Files.newOutputStream(next)) {
            store.store(out, PASSWORD.toCharArray());
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void generate(Path store, String name, String... more) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-alias",
                name,
                "-dname",
                "CN=" + name,
                "-validity",
                "2",
                "-keystore",
                store.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD));
        command.addAll(List.of(more));
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException("keytool: " + said);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
