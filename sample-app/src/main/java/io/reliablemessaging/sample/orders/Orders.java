package io.reliablemessaging.sample.orders;

import org.springframework.data.repository.Repository;

interface Orders extends Repository<Order, Long> {

    Order save(Order order);
}
