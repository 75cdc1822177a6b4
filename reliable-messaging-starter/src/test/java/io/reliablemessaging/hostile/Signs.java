package io.reliablemessaging.hostile;

import io.micrometer.core.instrument.MeterRegistry;
import io.reliablemessaging.support.LogCapture;
import java.util.ArrayList;
import java.util.List;
import org.springframework.context.ApplicationContext;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;

/** What people see of an application: log lines and metrics have bounds and quote nothing, and its listeners run. */
final class Signs {

    private static final int LONGEST_LINE = 16 * 1024;
    private static final int LONGEST_TAG = 300;
    private static final int MOST_METERS = 2_000;

    private final ApplicationContext app;

    Signs(ApplicationContext app) {
        this.app = app;
    }

    List<String> wrong(LogCapture log) {
        List<String> wrong = new ArrayList<>();
        checkLog(log, wrong);
        checkMetrics(wrong);
        checkListeners(wrong);
        return wrong;
    }

    private static void checkLog(LogCapture log, List<String> wrong) {
        for (LogCapture.Line line : log.ours()) {
            if (line.text().length() > LONGEST_LINE) {
                wrong.add("a line of %d characters: %s".formatted(line.text().length(), cut(line.text())));
            }
            if (line.text().contains(HostileRecords.SECRET)) {
                wrong.add("quoted in the log: " + cut(line.text()));
            }
        }
    }

    private void checkMetrics(List<String> wrong) {
        MeterRegistry meters = app.getBean(MeterRegistry.class);
        meters.getMeters()
                .forEach(meter -> meter.getId().getTags().forEach(tag -> {
                    if (tag.getValue().length() > LONGEST_TAG || tag.getValue().contains(HostileRecords.SECRET)) {
                        wrong.add("a tag of %s: %s".formatted(meter.getId().getName(), cut(tag.getValue())));
                    }
                }));
        if (meters.getMeters().size() > MOST_METERS) {
            wrong.add("%d meters".formatted(meters.getMeters().size()));
        }
    }

    private void checkListeners(List<String> wrong) {
        app.getBean(KafkaListenerEndpointRegistry.class).getListenerContainers().forEach(container -> {
            if (!container.isRunning() || !container.isChildRunning()) {
                wrong.add("stopped: " + container.getListenerId());
            }
        });
    }

    private static String cut(String text) {
        return text.substring(0, Math.min(500, text.length()));
    }
}
