package io.reliablemessaging.sample.orders;

/**
 * The event that an order was committed.
 *
 * @param orderId number of the order
 * @param customer who ordered
 * @param item what was ordered
 * @param poisoned whether {@code notifications} fails at it, for demonstration, until the customer has an address
 */
public record OrderPlaced(long orderId, String customer, String item, boolean poisoned) {}
