package io.reliablemessaging.sample.shipping;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

@Entity
@Table(name = "shipments")
class Shipment {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private long id;

    private long orderId;

    protected Shipment() {} // for JPA

    Shipment(long orderId) {
        this.orderId = orderId;
    }

    @Override
    public String toString() {
        return "shipment %d of order %d".formatted(id, orderId);
    }
}
