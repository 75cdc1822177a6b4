package org.example.shop;

import java.util.ArrayList;
import java.util.List;

/** A class whose method no proxy of a class in another package can override. */
public class Stock {

    public final List<String> taken = new ArrayList<>();

    void on(String payload) {
        taken.add(payload);
    }
}
