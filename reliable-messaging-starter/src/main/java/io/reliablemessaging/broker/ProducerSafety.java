package io.reliablemessaging.broker;

import java.util.Map;

/** Which producer settings lose messages, and which of them go together. */
final class ProducerSafety {

    static final String ACKS = "acks";
    static final String IDEMPOTENCE = "enable.idempotence";
    static final String RETRIES = "retries";

    private ProducerSafety() {}

    static boolean isAcknowledgedByAll(Map<String, Object> producer) {
        String acks = text(producer, ACKS, "all");
        return acks.equals("all") || acks.equals("-1");
    }

    /** Whether idempotence is not switched off by name; it may still be by one of the others. */
    static boolean isIdempotenceAllowed(Map<String, Object> producer) {
        return text(producer, IDEMPOTENCE, "true").equalsIgnoreCase("true");
    }

    static boolean isRetrying(Map<String, Object> producer) {
        return !text(producer, RETRIES, "1").equals("0");
    }

    private static String text(Map<String, Object> producer, String setting, String otherwise) {
        Object value = producer.get(setting);
        return value == null ? otherwise : value.toString().trim();
    }
}
