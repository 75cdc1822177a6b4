package io.reliablemessaging.sample.shipping;

import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.sample.orders.OrderPlaced;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

@Component
class ShippingListener {

    private static final Logger log = LoggerFactory.getLogger(ShippingListener.class);

    private final Shipments shipments;

    ShippingListener(Shipments shipments) {
        this.shipments = shipments;
    }

    @ReliableListener(topics = "orders", groupId = "shipping")
    void ship(OrderPlaced order) {
        Shipment shipment = shipments.save(new Shipment(order.orderId()));
        log.info("Created {}", shipment);
    }
}
