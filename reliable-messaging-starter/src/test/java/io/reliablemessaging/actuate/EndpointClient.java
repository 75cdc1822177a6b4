package io.reliablemessaging.actuate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Asks and commands the endpoint of an application over HTTP, as curl would. */
final class EndpointClient {

    private static final JsonMapper JSON = JsonMapper.shared();

    private final HttpClient http = HttpClient.newHttpClient();
    private final String address;

    EndpointClient(ConfigurableApplicationContext application) {
        this.address = "http://localhost:%s/actuator/reliablemessaging"
                .formatted(application.getEnvironment().getProperty("local.server.port"));
    }

    record Answer(int status, String contentType, JsonNode body) {

        String text(String pointer) {
            return body.at(pointer).asString();
        }
    }

    Answer get(String path) {
        return send(request(path).GET());
    }

    /** Gives a command, with a reason, by olive. */
    Answer command(String path, Object... fields) {
        Map<String, Object> all = new LinkedHashMap<>(Map.of("reason", "a test", "who", "olive"));
        for (int i = 0; i < fields.length; i += 2) {
            all.put((String) fields[i], fields[i + 1]);
        }
        return post(path, JSON.writeValueAsString(all));
    }

    Answer post(String path, String json, String... headers) {
        HttpRequest.Builder request =
                request(path).POST(BodyPublishers.ofString(json)).header("Content-Type", "application/json");
        return send(headers.length == 0 ? request : request.headers(headers));
    }

    Answer postForm(String path, String form) {
        return send(request(path)
                .POST(BodyPublishers.ofString(form))
                .header("Content-Type", "application/x-www-form-urlencoded"));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(address + path));
    }

    private Answer send(HttpRequest.Builder request) {
        try {
            HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
            String body = response.body();
            return new Answer(
                    response.statusCode(),
                    response.headers().firstValue("Content-Type").orElse(""),
                    body.isEmpty() ? JSON.nullNode() : JSON.readTree(body));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
