package io.reliablemessaging.sample.shipping;

import org.springframework.data.repository.Repository;

interface Shipments extends Repository<Shipment, Long> {

    Shipment save(Shipment shipment);
}
