package io.reliablemessaging.sample.notifications;

import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.sample.orders.OrderPlaced;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

@Component
class NotificationListener {

    private static final Logger log = LoggerFactory.getLogger(NotificationListener.class);

    private final AddressBook addresses;

    NotificationListener(AddressBook addresses) {
        this.addresses = addresses;
    }

    @ReliableListener(topics = "orders", groupId = "notifications")
    void tellCustomer(OrderPlaced order, IncomingMessage<OrderPlaced> message) {
        log.info("Notifying {} of order {}, attempt {}", order.customer(), order.orderId(), message.attempt());
        if (order.poisoned() && !addresses.knows(order.customer())) {
            throw new IllegalStateException("Order %d: %s has no address".formatted(order.orderId(), order.customer()));
        }
    }
}
