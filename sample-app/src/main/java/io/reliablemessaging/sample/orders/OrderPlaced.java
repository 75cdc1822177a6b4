package io.reliablemessaging.sample.orders;

/**
 * An order has been committed.
 *
 * @param orderId number of the order
 * @param customer who ordered
 * @param item what was ordered
 * @param poisoned whether {@code notifications} fails at it, to be watched, until the customer has an address
 */
public record OrderPlaced(long orderId, String customer, String item, boolean poisoned) {}
