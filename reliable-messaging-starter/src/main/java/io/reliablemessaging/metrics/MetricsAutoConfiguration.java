package io.reliablemessaging.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.reliablemessaging.deadletter.ParkedCounts;
import io.reliablemessaging.inbox.InboxSize;
import io.reliablemessaging.inbox.InboxStatistics;
import io.reliablemessaging.listener.Listeners;
import io.reliablemessaging.outbox.OutboxBacklog;
import io.reliablemessaging.outbox.OutboxBacklog.Lane;
import io.reliablemessaging.quarantine.QuarantineReader;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.relay.RelayState;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;

/** Wires the metrics, for applications that have Micrometer and a registry. */
@AutoConfiguration(
        afterName = {
            "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration",
            "io.reliablemessaging.publish.OutboxAutoConfiguration",
            "io.reliablemessaging.relay.RelayAutoConfiguration",
            "io.reliablemessaging.relay.LaneViewAutoConfiguration",
            "io.reliablemessaging.inbox.InboxAutoConfiguration",
            "io.reliablemessaging.deadletter.DeadLetterAutoConfiguration",
            "io.reliablemessaging.listener.ListenerAutoConfiguration"
        })
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnBean({MeterRegistry.class, OutboxBacklog.class})
public final class MetricsAutoConfiguration {

    MetricsAutoConfiguration() {}

    @Bean
    MeteringObserver reliableMessagingMeters(MeterRegistry registry) {
        return new MeteringObserver(registry, InstantSource.system());
    }

    @Bean
    TableSampler reliableMessagingTableSampler(
            MeterRegistry registry,
            OutboxBacklog backlog,
            ObjectProvider<RelayState> relay,
            ObjectProvider<QuarantineReader> quarantine,
            ObjectProvider<ParkedCounts> setAside,
            ObjectProvider<InboxStatistics> inbox,
            ObjectProvider<Listeners> listeners,
            Infrastructure infrastructure) {
        InstantSource now = InstantSource.system();
        // an application without listeners does not read the tables of the consuming side
        BooleanSupplier listening =
                () -> listeners.stream().anyMatch(each -> !each.ids().isEmpty());
        List<TableSampler.Sample> samples = new ArrayList<>();
        listeners.ifAvailable(each -> samples.add(new ListenerGauges(each, now))); // reads no table
        samples.add(new GaugeGroup(() -> backlog(backlog.lanes()), MessagingMetric.BACKLOG, MessagingMetric.OLDEST));
        relay.ifAvailable(state ->
                MessagingMetric.LANES.gauge(registry, () -> state.lanes().size()));
        quarantine.ifAvailable(reader -> samples.add(new GaugeGroup(
                () -> Map.of(MessagingMetric.QUARANTINE, (double) reader.count().messages()),
                MessagingMetric.QUARANTINE)));
        setAside.ifAvailable(
                reader -> samples.add(new ParkedGauges(() -> listening.getAsBoolean() ? reader.count() : List.of())));
        inbox.ifAvailable(statistics -> samples.add(new GaugeGroup(
                () -> listening.getAsBoolean() ? inbox(statistics.size(), now) : Map.of(),
                MessagingMetric.INBOX,
                MessagingMetric.INBOX_SIZE,
                MessagingMetric.INBOX_OLDEST)));
        return new TableSampler(registry, samples, infrastructure);
    }

    private static Map<MessagingMetric, Double> backlog(List<Lane> lanes) {
        Duration oldest = lanes.stream().map(Lane::oldest).reduce(Duration.ZERO, (a, b) -> a.compareTo(b) < 0 ? b : a);
        return Map.of(
                MessagingMetric.BACKLOG,
                lanes.stream().mapToDouble(Lane::messages).sum(),
                MessagingMetric.OLDEST,
                oldest.toMillis() / 1e3);
    }

    private static Map<MessagingMetric, Double> inbox(InboxSize size, InstantSource now) {
        double age = size.oldest() == null
                ? 0
                : Duration.between(size.oldest(), now.instant()).toMillis() / 1e3;
        return Map.of(
                MessagingMetric.INBOX, (double) size.rows(),
                MessagingMetric.INBOX_SIZE, (double) size.bytes(),
                MessagingMetric.INBOX_OLDEST, age);
    }
}
