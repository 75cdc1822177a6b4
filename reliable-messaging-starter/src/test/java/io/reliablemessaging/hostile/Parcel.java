package io.reliablemessaging.hostile;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** A payload with fields of all kinds. */
record Parcel(
        String name,
        Integer count,
        Long weight,
        Double ratio,
        BigDecimal price,
        BigInteger number,
        Instant at,
        Duration took,
        LocalDate day,
        UUID id,
        Color color,
        List<String> tags,
        Map<String, Integer> notes,
        Optional<String> remark,
        Nested next,
        Shape shape,
        Object any) {

    enum Color {
        RED,
        GREEN
    }

    record Nested(Nested next) {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
    @JsonSubTypes(@JsonSubTypes.Type(value = Circle.class, name = "circle"))
    sealed interface Shape permits Circle {}

    record Circle(int radius) implements Shape {}
}
