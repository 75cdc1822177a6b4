package io.reliablemessaging.sample.orders;

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

    record NewOrder(String customer, String item, boolean poisoned) {}

    @PostMapping("/orders")
    @ResponseStatus(HttpStatus.CREATED)
    OrderPlaced place(@RequestBody NewOrder wanted) {
        return checkout.place(new Order(wanted.customer(), wanted.item(), wanted.poisoned()));
    }
}
