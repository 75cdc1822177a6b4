package io.reliablemessaging.faults.bank;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

/** Numbers the messages of one topic and key. */
@Entity
@Table(schema = "bank")
class Account {

    @Id
    private String id = "";

    private long seq;

    protected Account() {}

    static String id(String topic, String key) {
        return topic + "/" + key;
    }

    long next() {
        return ++seq;
    }
}
