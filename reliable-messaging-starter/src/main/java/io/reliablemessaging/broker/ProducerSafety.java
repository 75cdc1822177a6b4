package io.reliablemessaging.broker;

import java.util.Map;

/** Knows which producer settings lose messages, and which of them depend on each other. */
final class ProducerSafety {

    static final String ACKS = "acks";
    static final String IDEMPOTENCE = "enable.idempotence";
    static final String RETRIES = "retries";

    private static final String MAX_REQUEST_SIZE = "max.request.size";

    private ProducerSafety() {}

    static boolean isAcknowledgedByAll(Map<String, Object> producer) {
        String acks = text(producer, ACKS, "all");
        return acks.equals("all") || acks.equals("-1");
    }

    /** Tells whether idempotence is not switched off explicitly; another setting may still switch it off. */
    static boolean isIdempotenceAllowed(Map<String, Object> producer) {
        return text(producer, IDEMPOTENCE, "true").equalsIgnoreCase("true");
    }

    static boolean isRetrying(Map<String, Object> producer) {
        return !text(producer, RETRIES, "1").equals("0");
    }

    /** Returns the size of the largest message that the producer sends. */
    static long maxRequestSize(Map<String, Object> producer) {
        return Long.parseLong(text(producer, MAX_REQUEST_SIZE, "1048576"));
    }

    private static String text(Map<String, Object> producer, String setting, String otherwise) {
        Object value = producer.get(setting);
        return value == null ? otherwise : value.toString().trim();
    }
}
