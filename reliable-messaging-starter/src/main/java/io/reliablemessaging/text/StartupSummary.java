package io.reliablemessaging.text;

import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.ApplicationListener;

/** Logs once, in one log event, what has been set up, when the application is ready. */
public final class StartupSummary implements ApplicationListener<ApplicationReadyEvent> {

    private static final Logger log = ReadableLogger.of(StartupSummary.class);

    private final Supplier<Stream<StartupNote>> notes;
    private boolean told;

    public StartupSummary(Supplier<Stream<StartupNote>> notes) {
        this.notes = notes;
    }

    @Override
    public synchronized void onApplicationEvent(ApplicationReadyEvent event) {
        if (told) {
            return; // the context of a child is ready, too
        }
        told = true;
        List<String> lines = notes.get()
                .sorted(Comparator.comparing(StartupNote::subject))
                .flatMap(note -> note.lines().stream())
                .toList();
        log.info(
                "Reliable messaging{} is ready{}",
                version(),
                lines.stream().collect(Collectors.joining("\n  ", "\n  ", "")));
    }

    private static String version() {
        @Nullable String version = StartupSummary.class.getPackage().getImplementationVersion();
        return version == null ? "" : " " + version;
    }
}
