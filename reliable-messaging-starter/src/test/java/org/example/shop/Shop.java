package org.example.shop;

import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.RetryLaterException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.annotation.Transactional;

/** An application outside our packages, whose handlers fail: its frames are what a stack trace is read for. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class Shop {

    /** A customer's name that no log line may show. */
    public static final String SECRET = "Ada-Lovelace-4711";

    public enum Colour {
        RED,
        GREEN
    }

    public record Item(String name, int price, Colour colour) {}

    public record Order(List<Item> items) {}

    @Bean
    Warehouse warehouse() {
        return new Warehouse();
    }

    @Bean
    Shipping shipping(Warehouse warehouse) {
        return new Shipping(warehouse);
    }

    /** Has no stock. A proxy stands before it, as before most beans. */
    @Transactional
    public static class Warehouse {

        public void reserve(String order) {
            if (order.contains("later")) {
                throw new RetryLaterException(Duration.ofMillis(911));
            }
            if (order.contains("null")) {
                Objects.requireNonNull(null, "no shelf for " + order);
            }
            throw new IllegalStateException("no stock for " + order, new IOException("shelf is empty"));
        }
    }

    /** Handles the orders. */
    public static class Shipping {

        private final Warehouse warehouse;

        Shipping(Warehouse warehouse) {
            this.warehouse = warehouse;
        }

        @ReliableListener(id = "shipping", topics = "${shop.topic}", groupId = "${shop.group}")
        public void on(IncomingMessage<String> message) {
            warehouse.reserve(message.payload());
        }

        @ReliableListener(id = "packing", topics = "${shop.orders}", groupId = "${shop.group}")
        public void on(Order order) {
            warehouse.reserve(order.toString());
        }
    }
}
