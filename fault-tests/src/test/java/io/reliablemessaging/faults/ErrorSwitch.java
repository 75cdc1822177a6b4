package io.reliablemessaging.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Has a thread of an application meet an {@link Error} at a place of our choosing, as long as a file is there. The applications
 * share a directory with us; those that are woven with the switch look there.
 */
public final class ErrorSwitch {

    private final Path on;
    private final String place;

    ErrorSwitch(Path directory, String place) {
        this.on = directory.resolve(place + ".error");
        this.place = place;
    }

    /** Throws if the switch is on. Called by the application. */
    public static void pass(String place) {
        ErrorSwitch here = new ErrorSwitch(Path.of(System.getProperty(Gate.DIRECTORY)), place);
        if (Files.exists(here.on)) {
            throw new LinkageError(here.text());
        }
    }

    /** What the application meets. */
    String text() {
        return "switched on at " + place;
    }

    void on() throws IOException {
        Files.createFile(on);
    }

    void off() throws IOException {
        Files.deleteIfExists(on);
    }

    @Override
    public String toString() {
        return place;
    }
}
