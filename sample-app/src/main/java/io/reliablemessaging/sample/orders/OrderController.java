package io.reliablemessaging.sample.orders;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
class OrderController {

    private final Checkout checkout;

    OrderController(Checkout checkout) {
        this.checkout = checkout;
    }

    /** Accepts an order; missing values are invented, so that a bare {@code curl} is enough. */
    record NewOrder(
            @Nullable String customer,
            @Nullable String item,
            @Nullable Boolean poisoned) {

        Order order() {
            return new Order(
                    Objects.requireNonNullElse(customer, "Ada"),
                    Objects.requireNonNullElse(item, "teapot"),
                    Objects.requireNonNullElse(poisoned, false));
        }
    }

    @PostMapping("/orders")
    @ResponseStatus(HttpStatus.CREATED)
    OrderPlaced place(@RequestBody NewOrder wanted) {
        return checkout.place(wanted.order());
    }
}
