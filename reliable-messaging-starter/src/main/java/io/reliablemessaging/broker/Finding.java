package io.reliablemessaging.broker;

/**
 * A setting that could lose messages.
 *
 * @param where what it is a setting of
 * @param actual what it is
 * @param required what it should be
 * @param remedy how to mend it
 */
record Finding(String where, String actual, String required, String remedy) {

    @Override
    public String toString() {
        return "%s: %s, should be %s. %s".formatted(where, actual, required, remedy);
    }
}
