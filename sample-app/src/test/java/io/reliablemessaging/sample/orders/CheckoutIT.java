package io.reliablemessaging.sample.orders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.test.ReliableMessagingTest;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What the README shows of a test: from the transaction to the effect. */
@SpringBootTest
@ReliableMessagingTest
class CheckoutIT {

    @Autowired
    Checkout checkout;

    @Autowired
    JdbcClient database;

    @Test
    void shipsWhatIsOrdered() {
        OrderPlaced placed = checkout.place(new Order("Ada", "teapot", false));

        await().untilAsserted(() -> assertThat(shipmentsOf(placed)).isEqualTo(1));
    }

    private long shipmentsOf(OrderPlaced order) {
        return database.sql("select count(*) from shipments where order_id = ?")
                .param(order.orderId())
                .query(Long.class)
                .single();
    }
}
