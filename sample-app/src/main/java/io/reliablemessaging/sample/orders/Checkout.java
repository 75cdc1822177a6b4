package io.reliablemessaging.sample.orders;

import io.reliablemessaging.MessagePublisher;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.web.server.ResponseStatusException;

/** Stores an order and publishes it, in one transaction: both happen or neither does. */
@Service
class Checkout {

    private final Orders orders;
    private final MessagePublisher messages;

    Checkout(Orders orders, MessagePublisher messages) {
        this.orders = orders;
        this.messages = messages;
    }

    @Transactional
    OrderPlaced place(Order order) {
        OrderPlaced placed = orders.save(order).placed();
        messages.publish("orders", order.key(), placed);
        requireInStock(placed.item());
        return placed;
    }

    // Late on purpose: the message has been published already, and the rollback takes it back.
    private static void requireInStock(String item) {
        if (item.equals("unicorn")) {
            throw new ResponseStatusException(
                    HttpStatus.CONFLICT, "No unicorn in stock: the order is rolled back, and its message is not sent.");
        }
    }
}
