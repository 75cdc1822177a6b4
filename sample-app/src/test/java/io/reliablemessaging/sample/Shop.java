package io.reliablemessaging.sample;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.client.RestClient;

/** A running sample as its customers know it: over HTTP. */
final class Shop {

    private final String address;
    private final RestClient http;

    Shop(int port) {
        this.address = "http://localhost:" + port;
        this.http = RestClient.builder()
                .baseUrl(address)
                .defaultStatusHandler(HttpStatusCode::isError, (request, response) -> {})
                .build();
    }

    ResponseEntity<Map<String, Object>> order(String customer, String item, boolean poisoned) {
        return http.post()
                .uri("/orders")
                .body(Map.of("customer", customer, "item", item, "poisoned", poisoned))
                .retrieve()
                .toEntity(new ParameterizedTypeReference<>() {});
    }

    /** Number of a new order. */
    long place(String item, boolean poisoned) {
        Object id =
                Objects.requireNonNull(order("Ada", item, poisoned).getBody()).get("orderId");
        return ((Number) id).longValue();
    }

    /** The entries of one of the dashboard's lists: orders, shipments, retries, deadLetters. */
    List<Map<String, Object>> shown(String list) {
        Map<String, List<Map<String, Object>>> dashboard =
                http.get().uri("/dashboard").retrieve().body(new ParameterizedTypeReference<>() {});
        return Objects.requireNonNull(dashboard).get(list);
    }

    /** The customer's orders can be told of from now on. */
    void addAddress(String customer, String line) {
        http.put()
                .uri("/addresses/{customer}", customer)
                .contentType(MediaType.TEXT_PLAIN)
                .body(line)
                .retrieve()
                .toBodilessEntity();
    }

    HttpStatusCode redrive(Object deadLetter) {
        return http.post()
                .uri("/dead-letters/{id}/redrive", deadLetter)
                .retrieve()
                .toBodilessEntity()
                .getStatusCode();
    }

    List<Map<String, Object>> shipmentsOf(long order) {
        return shown("shipments").stream()
                .filter(shipment -> ((Number) shipment.get("orderId")).longValue() == order)
                .toList();
    }

    /** The first line of what a path answers, which may go on for ever. */
    String firstLine(String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(address + path)).build();
        try (Stream<String> lines =
                HttpClient.newHttpClient().send(request, BodyHandlers.ofLines()).body()) {
            return lines.findFirst().orElseThrow();
        }
    }
}
