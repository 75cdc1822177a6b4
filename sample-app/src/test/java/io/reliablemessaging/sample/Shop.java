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
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

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

    /** What the page shows. */
    JsonNode dashboard() {
        return Objects.requireNonNull(http.get().uri("/dashboard").retrieve().body(JsonNode.class));
    }

    /** The entries of one of the dashboard's lists: orders, shipments, retries, deadLetters. */
    List<Map<String, Object>> shown(String list) {
        return JsonMapper.shared().convertValue(dashboard().get(list), new TypeReference<>() {});
    }

    /** Presses one of the buttons that break things. */
    HttpStatusCode demonstrate(String what) {
        return http.post()
                .uri("/demonstration/" + what)
                .retrieve()
                .toBodilessEntity()
                .getStatusCode();
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
