package io.reliablemessaging.sample.orders;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

@Entity
@Table(name = "orders")
class Order {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private long id;

    private String customer;
    private String item;
    private boolean poisoned;

    @SuppressWarnings("NullAway") // for JPA, which fills in the fields
    protected Order() {}

    Order(String customer, String item, boolean poisoned) {
        this.customer = customer;
        this.item = item;
        this.poisoned = poisoned;
    }

    long id() {
        return id;
    }

    /** Returns the key of all messages about this order, so that they keep their order. */
    String key() {
        return "order-" + id;
    }

    OrderPlaced placed() {
        return new OrderPlaced(id, customer, item, poisoned);
    }
}
