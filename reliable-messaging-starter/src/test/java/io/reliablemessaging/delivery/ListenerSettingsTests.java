package io.reliablemessaging.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.delivery.ListenersProperties.Different;
import io.reliablemessaging.settings.IllegalSettingException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.mock.env.MockEnvironment;

/** A listener's own properties count most, then its annotation, then the properties of all. */
class ListenerSettingsTests {

    private final Map<String, Different> own = new HashMap<>();
    private final MockEnvironment all = new MockEnvironment()
            .withProperty("all.concurrency", "7")
            .withProperty("all.max-attempts", "9")
            .withProperty("all.transaction-timeout", "3m");

    static class Handlers {

        @ReliableListener(topics = "orders", groupId = "shipping", concurrency = 3, ordering = Ordering.PARTITION)
        void annotated(String order) {}

        @ReliableListener(topics = "orders", groupId = "shipping")
        void plain(String order) {}

        @ReliableListener(
                topics = "orders",
                groupId = "shipping",
                ordering = {Ordering.KEY, Ordering.PARTITION})
        void ambiguous(String order) {}
    }

    @Test
    void whereNothingIsSaidThePropertiesOfAllCount() throws Exception {
        ListenerSettings settings = settings("plain");
        assertThat(settings.concurrency()).isEqualTo(7);
        assertThat(settings.maxAttempts()).isEqualTo(9);
        assertThat(settings.ordering()).isEqualTo(Ordering.KEY);
        assertThat(settings.transactionLimit()).isEqualTo(Duration.ofMinutes(3));
        assertThat(settings.hold()).isFalse();
        assertThat(settings.dryRun()).isFalse();
    }

    @Test
    void theAnnotationCountsMoreAndTheListenersOwnPropertiesMost() throws Exception {
        assertThat(settings("annotated").concurrency()).isEqualTo(3);
        assertThat(settings("annotated").ordering()).isEqualTo(Ordering.PARTITION);
        own.put("shipping", new Different(2, null, OnDead.HOLD, 4, Ordering.KEY, null, Duration.ofMinutes(1), true));
        ListenerSettings settings = settings("annotated");
        assertThat(settings.concurrency()).isEqualTo(4);
        assertThat(settings.ordering()).isEqualTo(Ordering.KEY);
        assertThat(settings.maxAttempts()).isEqualTo(2);
        assertThat(settings.hold()).isTrue();
        assertThat(settings.transactionLimit()).isEqualTo(Duration.ofMinutes(1));
        assertThat(settings.dryRun()).isTrue();
    }

    @Test
    void propertiesOfAnotherListenerDoNotCount() throws Exception {
        own.put("billing", new Different(2, null, null, 4, null, null, null, null));
        assertThat(settings("plain").concurrency()).isEqualTo(7);
    }

    @Test
    void anAnnotationSaysOneThing() {
        assertThatThrownBy(() -> settings("ambiguous")).hasMessageContaining("takes one Ordering, not 2");
    }

    @Test
    void whatDoesNotGoTogetherIsRefused() {
        refused("does not go with ordering none", Ordering.NONE, TransactionMode.BATCH, null);
        refused("does not go with ordering none", Ordering.NONE, null, OnDead.HOLD);
        refused("does not go with ordering partition", Ordering.PARTITION, TransactionMode.BATCH, null);
    }

    private void refused(String why, Ordering ordering, TransactionMode transaction, OnDead onDead) {
        own.put("shipping", new Different(null, null, onDead, null, ordering, transaction, null, null));
        assertThatThrownBy(() -> settings("plain"))
                .isInstanceOf(IllegalSettingException.class)
                .hasMessageContaining(why);
    }

    private ListenerSettings settings(String method) throws Exception {
        return ListenerSettings.of(
                "shipping",
                "shipping",
                Handlers.class.getDeclaredMethod(method, String.class).getAnnotation(ReliableListener.class),
                Binder.get(all).bindOrCreate("all", ListenerProperties.class),
                new ListenersProperties(own));
    }
}
