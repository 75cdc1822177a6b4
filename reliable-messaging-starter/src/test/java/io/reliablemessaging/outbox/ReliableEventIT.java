package io.reliablemessaging.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.reliablemessaging.InvalidMessageException;
import io.reliablemessaging.MessageNotPublishedException;
import io.reliablemessaging.ReliableEvent;
import io.reliablemessaging.publish.ReliableEventListener;
import io.reliablemessaging.support.Threads;
import io.reliablemessaging.test.ReliableMessagingTest;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Transient;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.PayloadApplicationEvent;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.context.event.SimpleApplicationEventMulticaster;
import org.springframework.data.domain.DomainEvents;
import org.springframework.data.jpa.repository.config.EnableJpaRepositories;
import org.springframework.data.repository.CrudRepository;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** Events of the application that are marked go to the outbox, with the transaction that they were raised in. */
@SpringBootTest(
        classes = ReliableEventIT.Host.class,
        properties = {
            "spring.application.name=event-test",
            "spring.jpa.open-in-view=false",
            "spring.jpa.hibernate.ddl-auto=create",
            "reliable-messaging.relay.enabled=false",
            "test.topic=events",
            "reliable-messaging.topics.events.partitions=1",
            "reliable-messaging.topics.payments.partitions=1"
        })
@ReliableMessagingTest
class ReliableEventIT {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @EntityScan(basePackageClasses = Basket.class)
    @EnableJpaRepositories(basePackageClasses = Basket.class, considerNestedRepositories = true)
    static class Host {

        @EventListener
        List<Object> chain(Ordered event) {
            return event.number() == 99 ? List.of(new Paid(new Invoice("i-99"))) : List.of();
        }
    }

    @ReliableEvent(topic = "${test.topic}", key = "number")
    record Ordered(int number) {}

    @ReliableEvent(topic = "payments", key = "invoice.id")
    record Paid(Invoice invoice) {}

    record Invoice(String id) {

        public String getId() {
            return id;
        }
    }

    @ReliableEvent(topic = "broken", key = "nothing")
    record Misspelt(String something) {}

    record Unmarked(String something) {}

    @Entity(name = "basket")
    static class Basket {

        @Id
        private int id;

        @Transient
        private final List<Object> raised = new ArrayList<>();

        Basket order(int number) {
            id = number;
            raised.add(new Ordered(number));
            return this;
        }

        @DomainEvents
        Collection<Object> raised() {
            return raised;
        }
    }

    interface Baskets extends CrudRepository<Basket, Integer> {}

    @Autowired
    Baskets baskets;

    @Autowired
    ApplicationEventPublisher events;

    @Autowired
    ReliableEventListener listener;

    @Autowired
    TransactionTemplate transaction;

    @Autowired
    JdbcTemplate sql;

    @BeforeEach
    void clear() {
        sql.update("delete from reliable_messaging.outbox_message");
    }

    @Test
    void aMarkedEventGoesToTheOutbox() {
        raise(new Ordered(7));
        raise(new Paid(new Invoice("i-1")));
        raise(new Unmarked("x"));
        assertThat(rows()).containsExactly("events 7 {\"number\":7}", "payments i-1 {\"invoice\":{\"id\":\"i-1\"}}");
    }

    @Test
    void anEventThatAListenerRaisesGoesWithIt() {
        raise(new Ordered(99));
        assertThat(rows()).hasSize(2).last().asString().startsWith("payments i-99");
    }

    @Test
    void anEventOfAnAggregateGoesToTheOutboxWhenItIsSaved() {
        baskets.save(new Basket().order(5));
        assertThat(rows()).containsExactly("events 5 {\"number\":5}");
    }

    @Test
    void anEventIsRolledBackWithItsTransaction() {
        transaction.executeWithoutResult(status -> {
            events.publishEvent(new Ordered(8));
            status.setRollbackOnly();
        });
        assertThat(rows()).isEmpty();
    }

    @Test
    void anEventOutsideATransactionIsRefused() {
        assertThatExceptionOfType(MessageNotPublishedException.class)
                .isThrownBy(() -> events.publishEvent(new Ordered(9)))
                .withMessageContaining("events");
    }

    @Test
    void anEventGoesToTheOutboxThoughTheHostHearsOfEventsOnOtherThreads() {
        SimpleApplicationEventMulticaster elsewhere = new SimpleApplicationEventMulticaster();
        elsewhere.setTaskExecutor(Threads.NEW);
        elsewhere.addApplicationListener(listener);
        transaction.executeWithoutResult(
                status -> elsewhere.multicastEvent(new PayloadApplicationEvent<>(this, new Ordered(4))));
        assertThat(rows()).containsExactly("events 4 {\"number\":4}");
    }

    @Test
    void aKeyThatIsNotThereIsRefused() {
        assertThatExceptionOfType(InvalidMessageException.class)
                .isThrownBy(() -> raise(new Misspelt("x")))
                .withMessageContaining("nothing()")
                .withMessageContaining("Misspelt");
        assertThatExceptionOfType(InvalidMessageException.class)
                .isThrownBy(() -> raise(new Paid(new Invoice(null))))
                .withMessageContaining("invoice.id");
    }

    private void raise(Object event) {
        transaction.executeWithoutResult(status -> events.publishEvent(event));
    }

    private List<String> rows() {
        return sql.query(
                "select topic, key, value from reliable_messaging.outbox_message order by id",
                (row, number) -> row.getString(1) + " " + text(row.getBytes(2)) + " " + text(row.getBytes(3)));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
