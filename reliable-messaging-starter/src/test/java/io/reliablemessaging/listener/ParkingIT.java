package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.RetryLaterException;
import io.reliablemessaging.UnrecoverableMessageException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A message that fails waits with the later ones of its key; everything else goes on. */
class ParkingIT {

    private final ListenerInstances app = new ListenerInstances();
    private final AtomicBoolean broken = new AtomicBoolean(true);

    @AfterEach
    void close() {
        app.close();
    }

    @Test
    void aFailingKeyWaitsInOrderWhileOthersFlow() {
        app.behaving(message -> failIfBroken(message.key(), "bad"))
                .start("reliable-messaging.listener.max-attempts=1000000");
        List<String> bad = publishAll("bad", 100);
        List<String> good = publishAll("good", 50);
        await().until(() -> app.effectsOf("good").equals(good));
        // all of them are taken charge of, one is tried again and again, nothing of the key has had an effect
        await().until(() -> app.parked("WAITING").equals(bad));
        await().until(() -> callsOf("bad0").size() > 3);
        assertThat(app.effectsOf("bad")).isEmpty();
        broken.set(false);
        app.publish("bad", "bad-last");
        await().until(() -> app.effectsOf("bad").contains("bad-last"));
        await().until(() -> app.parked("WAITING").isEmpty());
        assertThat(app.effectsOf("bad").subList(0, 100)).isEqualTo(bad);
        assertThat(app.effectsOf("bad")).containsOnlyOnce("bad-last").endsWith("bad-last");
        assertThat(parkedKeys()).isZero();
        assertThat(callsOf("bad0").subList(0, 3)).containsExactly("bad0#1", "bad0#2", "bad0#3");
    }

    @Test
    void aMessageWithoutAKeyHoldsNobodyBack() {
        app.behaving(message -> failIfBroken(message.payload(), "poison")).start();
        app.publish(null, "poison");
        app.publish(null, "next");
        app.awaitEffects(1);
        assertThat(app.effects()).containsExactly("next");
        await().until(() -> app.parked("DEAD").equals(List.of("poison")));
    }

    @Test
    void afterTheLastAttemptTheKeyGoesOn() {
        app.behaving(message -> failIfBroken(message.payload(), "k0")).start();
        List<String> all = publishAll("k", 10);
        await().until(() -> app.effectsOf("k").equals(all.subList(1, 10)));
        assertThat(callsOf("k0")).containsExactly("k0#1", "k0#2", "k0#3", "k0#4", "k0#5");
        assertThat(app.parked("DEAD")).containsExactly("k0");
        assertThat(history("k0")).containsExactly(1, 2, 3, 4, 5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"key", "partition"})
    void aDeadLetterHoldsItsKeyIfListenersAreToldSo(String ordering) {
        app.behaving(message -> failIfBroken(message.payload(), "k0"))
                .start(
                        "reliable-messaging.listener.ordering=" + ordering,
                        "reliable-messaging.listeners.tested.on-dead=hold",
                        "reliable-messaging.listener.max-attempts=2");
        List<String> all = publishAll("k", 10);
        publishAll("other", 1);
        await().until(() -> app.parked("DEAD").equals(List.of("k0")));
        await().until(() -> app.parked("WAITING").equals(all.subList(1, 10)));
        await().until(() -> app.effects().equals(List.of("other0")));
        assertThat(app.sql().queryForObject("select held from reliable_messaging.parked_key", Boolean.class))
                .isTrue();
    }

    @Test
    void aHandlerThatAsksForPatienceSpendsNoAttempt() {
        app.behaving(message -> {
                    if (message.payload().equals("k0")
                            && app.calls.stream().filter("k0#1"::equals).count() < 8) {
                        throw new RetryLaterException(Duration.ofMillis(5));
                    }
                })
                .start("reliable-messaging.listener.max-attempts=3");
        List<String> all = publishAll("k", 3);
        await().until(() -> app.effectsOf("k").equals(all));
        assertThat(callsOf("k0")).hasSize(8).allMatch("k0#1"::equals);
    }

    @Test
    void whatNoAttemptCanMendIsDeadAtOnce() {
        app.behaving(message -> {
                    if (message.payload().equals("k0")) {
                        throw new UnrecoverableMessageException("no such country");
                    }
                    if (message.payload().equals("k1")) {
                        throw new IllegalStateException(new ArithmeticException("also no"));
                    }
                })
                .start("reliable-messaging.listener.unrecoverable=java.lang.ArithmeticException");
        publishAll("k", 3);
        await().until(() -> app.effectsOf("k").equals(List.of("k2")));
        assertThat(app.parked("DEAD")).containsExactly("k0", "k1");
        assertThat(app.calls).containsExactly("k0#1", "k1#1", "k2#1");
    }

    @Test
    void attemptsAndQueuesSurviveARestartAndAnyInstanceDrains() {
        app.behaving(message -> failIfBroken(message.payload(), "k0"))
                .start("reliable-messaging.listener.max-attempts=1000000");
        List<String> all = publishAll("k", 20);
        await().until(() -> app.parked("WAITING").equals(all));
        await().until(() -> callsOf("k0").size() > 3);
        app.stop(0);
        int before = lastAttempt();
        app.start("reliable-messaging.listener.max-attempts=1000000");
        await().until(() -> lastAttempt() > before);
        assertThat(lastAttempt()).as("counted on, not anew").isGreaterThan(before);
        // whichever instance reads the key's partition, another one may drain it
        app.start("reliable-messaging.listener.max-attempts=1000000");
        app.container(0).pause();
        broken.set(false);
        await().until(() -> app.effectsOf("k").equals(all));
    }

    @Test
    @Tag("long")
    void tenThousandParkedMessagesSurviveARestart() {
        String[] patient = {
            "reliable-messaging.listener.backoff.initial-delay=1h", "reliable-messaging.listener.backoff.max-delay=1h"
        };
        int keys = 500;
        app.behaving(message -> failIfBroken("any", "any")).start(patient);
        List<String> all = IntStream.range(0, 10_000)
                .mapToObj(i -> "k" + i % keys + "-" + i)
                .toList();
        app.publish(ParkingIT::keyOf, all);
        await().atMost(Duration.ofMinutes(2)).until(() -> parkedMessages() == 10_000);
        app.stop(0);
        broken.set(false);
        app.start(patient);
        assertThat(parkedMessages()).isEqualTo(10_000);
        assertThat(app.effects()).isEmpty();
        app.running.get(0).getBean(DeadLetters.class).redrive(DeadLetterQuery.waiting(), "olive");
        app.awaitEffects(10_000);
        Map<String, List<String>> effects = app.effects().stream().collect(Collectors.groupingBy(ParkingIT::keyOf));
        assertThat(effects).isEqualTo(all.stream().collect(Collectors.groupingBy(ParkingIT::keyOf)));
        // the first of each key had failed once, which was not forgotten; the others were not called before
        assertThat(app.calls).hasSize(10_000 + keys);
        assertThat(app.calls).filteredOn(call -> call.endsWith("#2")).hasSize(keys);
        await().until(() -> parkedMessages() == 0 && parkedKeys() == 0);
    }

    @Test
    void alternatingExceptionsNeverExceedTheAttempts() {
        app.behaving(message -> {
                    throw message.attempt() % 2 == 0 ? new java.io.IOException("x") : new IllegalStateException("y");
                })
                .start("reliable-messaging.listener.max-attempts=4");
        app.publish("k", "k0");
        await().until(() -> app.parked("DEAD").equals(List.of("k0")));
        assertThat(callsOf("k0")).containsExactly("k0#1", "k0#2", "k0#3", "k0#4");
    }

    @Test
    void aSlowHandlerHoldsNobodyElseAndCostsNoPartition() throws Exception {
        CountDownLatch slow = new CountDownLatch(1);
        app.behaving(message -> {
                    if (message.payload().equals("slow0")) {
                        slow.await();
                    }
                })
                // a consumer that does not poll for so long loses its partitions
                .start("spring.kafka.consumer.properties.max.poll.interval.ms=3000");
        publishAll("slow", 1);
        await().until(() -> app.calls.contains("slow0#1"));
        // for several times the poll interval, by the broker's clock: it answers each of these messages
        long end = System.nanoTime() + Duration.ofSeconds(7).toNanos();
        int sent = 0;
        while (System.nanoTime() < end) {
            app.publish("k" + sent, "k" + sent);
            sent++;
            app.awaitEffects(sent);
        }
        slow.countDown();
        app.awaitEffects(sent + 1);
        assertThat(callsOf("slow0")).containsExactly("slow0#1");
        assertThat(app.recorder(0).duplicates).isEmpty();
    }

    private void failIfBroken(String is, String what) {
        if (broken.get() && what.equals(is)) {
            throw new IllegalStateException("broken");
        }
    }

    private List<String> publishAll(String key, int count) {
        List<String> values = IntStream.range(0, count).mapToObj(i -> key + i).toList();
        values.forEach(value -> app.publish(key, value));
        return values;
    }

    private List<String> callsOf(String value) {
        return app.calls.stream().filter(call -> call.startsWith(value + "#")).toList();
    }

    private int lastAttempt() {
        return callsOf("k0").stream()
                .map(call -> call.substring(call.indexOf('#') + 1))
                .mapToInt(Integer::parseInt)
                .max()
                .orElse(0);
    }

    private List<Integer> history(String value) {
        return app.sql()
                .queryForList(
                        "select attempt from reliable_messaging.parked_failure f join reliable_messaging.parked_message m"
                                + " on m.id = f.parked_id where convert_from(value, 'UTF8') = ? order by attempt",
                        Integer.class,
                        value);
    }

    private static String keyOf(String value) {
        return value.substring(0, value.indexOf('-'));
    }

    private int parkedMessages() {
        return app.sql().queryForObject("select count(*) from reliable_messaging.parked_message", Integer.class);
    }

    private int parkedKeys() {
        return app.sql().queryForObject("select count(*) from reliable_messaging.parked_key", Integer.class);
    }
}
