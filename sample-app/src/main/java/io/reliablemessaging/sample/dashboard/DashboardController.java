package io.reliablemessaging.sample.dashboard;

import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.http.MediaType;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** Keeps every open page up to date: sends a snapshot when it connects, and another one after every change. */
@RestController
@EnableScheduling
class DashboardController {

    private final Snapshots snapshots;
    private final Set<SseEmitter> pages = new LinkedHashSet<>();
    private @Nullable Snapshot shown;

    DashboardController(Snapshots snapshots) {
        this.snapshots = snapshots;
    }

    @GetMapping("/dashboard")
    Snapshot now() {
        return snapshots.take();
    }

    @GetMapping(path = "/dashboard/live", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    synchronized SseEmitter live() {
        SseEmitter page = new SseEmitter(0L); // never times out
        pages.add(page);
        show(page, now());
        return page;
    }

    @Scheduled(fixedDelay = 200, timeUnit = TimeUnit.MILLISECONDS)
    synchronized void showChanges() {
        if (pages.isEmpty()) {
            return;
        }
        Snapshot now = now();
        if (!now.equals(shown)) {
            shown = now;
            List.copyOf(pages).forEach(page -> show(page, now));
        }
    }

    /** Open streams would hold up a graceful shutdown. */
    @EventListener(ContextClosedEvent.class)
    synchronized void hangUp() {
        pages.forEach(SseEmitter::complete);
        pages.clear();
    }

    private void show(SseEmitter page, Snapshot snapshot) {
        try {
            page.send(snapshot, MediaType.APPLICATION_JSON);
        } catch (IOException | IllegalStateException gone) {
            pages.remove(page);
        }
    }
}
