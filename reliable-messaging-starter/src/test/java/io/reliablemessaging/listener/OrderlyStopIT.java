package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Consumers that stop, or lose the database, before a handler has answered: nobody died, and no message is to blame. */
class OrderlyStopIT {

    private static final String SHORT = "reliable-messaging.listener.hand-over-timeout=100ms";
    private static final String ON_INSERT_OF = """
            create function fail_%1$s() returns trigger language plpgsql as $$
            begin
                if nextval('failures_of_%1$s') <= 2 then
                    raise exception 'terminating connection' using errcode = '57P01';
                end if;
                return coalesce(new, old);
            end $$;
            create trigger fail before %2$s on reliable_messaging.%1$s
                   for each row execute function fail_%1$s()
            """;

    private final ListenerInstances app = new ListenerInstances();
    private final AtomicBoolean hanging = new AtomicBoolean(true);
    private final CountDownLatch never = new CountDownLatch(1);

    @AfterEach
    void close() {
        never.countDown();
        app.close();
    }

    @Test
    void inMidHandlerTwiceLiveAndParked() {
        app.behaving(message -> {
                    boolean isParked = message.payload().startsWith("p");
                    if (isParked && message.attempt() == 1) {
                        throw new IllegalStateException("once");
                    }
                    if (hanging.get()) {
                        never.await();
                    }
                })
                .start(SHORT);
        app.publish("p", "p0");
        app.publish("p", "p1");
        app.publish("k", "k0");
        for (int stops = 1; stops <= 2; stops++) {
            int calls = stops;
            await().until(() -> calls("p0#2") == calls && calls("k0#1") == calls);
            app.stop(0);
            hanging.set(stops < 2);
            app.start(SHORT);
            await().until(() -> begun());
            assertThat(deaths()).as("after stop %d", stops).isZero();
        }
        await().until(() -> app.effectsOf("p").equals(List.of("p0", "p1"))
                && app.effectsOf("k").equals(List.of("k0")));
        await().until(() -> app.parked("WAITING").isEmpty());
        assertThat(app.parked("DEAD")).isEmpty();
        assertThat(calls("p0#3")).isZero();
    }

    @Test
    void theDatabaseFailsBeforeAndAfterTheMarkTwice() {
        app.behaving(message -> {
                    if (message.attempt() == 1) {
                        throw new IllegalStateException("once");
                    }
                })
                .start();
        // just after the claim; and when the handler's transaction has just begun
        for (Map.Entry<String, String> at : Map.of("parked_mark", "insert or update", "parked_message", "delete")
                .entrySet()) {
            app.sql().execute("create sequence failures_of_" + at.getKey());
            app.sql().execute(ON_INSERT_OF.formatted(at.getKey(), at.getValue()));
        }
        app.publish("k", "k0");
        app.publish("k", "k1");
        await().until(() -> app.effects().equals(List.of("k0", "k1")));
        assertThat(app.sql().queryForObject("select last_value from failures_of_parked_mark", Long.class))
                .isGreaterThan(2);
        assertThat(app.sql().queryForObject("select last_value from failures_of_parked_message", Long.class))
                .isGreaterThan(2);
        assertThat(app.calls).startsWith("k0#1", "k0#2").doesNotHaveDuplicates().doesNotContain("k0#3");
        assertThat(app.recorder(0).dead).isEmpty();
        assertThat(marks()).isZero();
    }

    @Test
    void aFatalErrorOfAParkedMessageIsNoDeath() {
        app.behaving(message -> {
                    if (message.attempt() == 1) {
                        throw new IllegalStateException("once");
                    }
                    if (hanging.get()) {
                        throw new InternalError("the JVM is broken");
                    }
                })
                .start();
        app.publish("k", "k0");
        for (int i = 1; i <= 3; i++) {
            await().until(() -> !app.container(0).isRunning());
            await().until(() -> !app.container(0).isChildRunning());
            assertThat(app.container(0).failure().map(ReliableListenerContainer.Failure::error))
                    .containsInstanceOf(InternalError.class);
            assertThat(marks()).isZero();
            hanging.set(i < 3);
            app.container(0).start();
        }
        await().until(() -> app.effects().equals(List.of("k0")));
        assertThat(app.calls).containsExactly("k0#1", "k0#2", "k0#2", "k0#2", "k0#2");
        assertThat(app.recorder(0).dead).isEmpty();
    }

    private long calls(String call) {
        return app.calls.stream().filter(call::equals).count();
    }

    private boolean begun() {
        return app.container(0).getAssignedPartitions().size() == 2
                && app.sql()
                        .queryForObject(
                                "select bool_and(not clean) from reliable_messaging.listener_partition", Boolean.class);
    }

    private int deaths() {
        return app.sql()
                .queryForObject(
                        "select coalesce(max(deaths), 0) from reliable_messaging.listener_partition", Integer.class);
    }

    private int marks() {
        return app.sql().queryForObject("select count(*) from reliable_messaging.parked_mark", Integer.class);
    }
}
