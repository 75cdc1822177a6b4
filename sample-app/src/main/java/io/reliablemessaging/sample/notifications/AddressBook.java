package io.reliablemessaging.sample.notifications;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** Stores addresses of customers who gave none with their order; adding one fixes the cause of a dead letter. */
@RestController
class AddressBook {

    private final JdbcClient database;

    AddressBook(JdbcClient database) {
        this.database = database;
    }

    @PutMapping("/addresses/{customer}")
    void add(@PathVariable("customer") String customer, @RequestBody String line) {
        database.sql("insert into addresses values (?, ?) on conflict (customer) do update set line = excluded.line")
                .params(customer, line)
                .update();
    }

    boolean knows(String customer) {
        return database.sql("select exists (select from addresses where customer = ?)")
                .param(customer)
                .query(Boolean.class)
                .single();
    }
}
