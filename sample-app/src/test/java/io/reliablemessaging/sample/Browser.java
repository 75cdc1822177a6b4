package io.reliablemessaging.sample;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A Chromium without a window, that shows one page. It is told what to do by its own DevTools protocol: a library for that would bring
 * 200 MB to everyone who only starts the sample. It never outlives this JVM, unless that is killed.
 */
final class Browser implements AutoCloseable {

    private static final Path PROGRAM = Path.of("/usr/bin/chromium");
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final JsonMapper JSON = JsonMapper.shared();

    private final Process process;
    private final AtomicInteger calls = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    private final WebSocket socket;

    private Browser(Process process, URI page) {
        this.process = process;
        this.socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(page, new Answers())
                .join();
    }

    static boolean installed() {
        return Files.isExecutable(PROGRAM);
    }

    /**
     * Starts it.
     *
     * @param profile an empty directory
     */
    static Browser start(Path profile) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        PROGRAM.toString(),
                        "--headless=new",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--disable-background-networking",
                        "about:blank")
                .redirectInput(new File("/dev/null"))
                .redirectErrorStream(true)
                .redirectOutput(profile.resolve("chromium.log").toFile())
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        Path port = profile.resolve("DevToolsActivePort");
        Awaitility.await().atMost(LIMIT).until(() -> Files.exists(port) && Files.size(port) > 0);
        URI pages = URI.create("http://127.0.0.1:" + Files.readAllLines(port).get(0) + "/json/list");
        String list = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(pages).build(), BodyHandlers.ofString())
                .body();
        for (JsonNode target : JSON.readTree(list)) {
            if (target.get("type").asString().equals("page")) {
                return new Browser(
                        process, URI.create(target.get("webSocketDebuggerUrl").asString()));
            }
        }
        throw new IllegalStateException("Chromium has no page: " + list);
    }

    void open(String address) {
        call("Page.navigate", Map.of("url", address));
        awaitTrue("document.readyState === 'complete' && location.href === " + JSON.writeValueAsString(address));
    }

    /** The value of a JavaScript expression, as JSON. */
    JsonNode ask(String expression) {
        JsonNode answer =
                call("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true, "awaitPromise", true));
        if (answer.has("exceptionDetails")) {
            throw new IllegalStateException(expression + ": " + answer.get("exceptionDetails"));
        }
        return answer.at("/result/value");
    }

    void awaitTrue(String expression) {
        Awaitility.await(expression).atMost(LIMIT).until(() -> ask(expression).asBoolean());
    }

    void resize(int width, int height) {
        call(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
    }

    /** What the person prefers: light or dark. */
    void prefer(String colorScheme) {
        call(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", colorScheme))));
    }

    /** Has no request get through whose address matches, as with {@code *}{@code /live}; none at all ends that. */
    void block(String... addresses) {
        call("Network.enable", Map.of());
        call("Network.setBlockedURLs", Map.of("urls", List.of(addresses)));
    }

    /** Presses a key, as in Tab and Enter. */
    void press(String key) {
        String text = key.equals("Enter") ? "\r" : "";
        int code = key.equals("Enter") ? 13 : 9;
        for (String type : List.of(text.isEmpty() ? "rawKeyDown" : "keyDown", "keyUp")) {
            call(
                    "Input.dispatchKeyEvent",
                    Map.of("type", type, "key", key, "code", key, "text", text, "windowsVirtualKeyCode", code));
        }
    }

    /** A picture of the whole page, as PNG. */
    void photograph(Path file) {
        JsonNode picture = call("Page.captureScreenshot", Map.of("captureBeyondViewport", true));
        try {
            Files.write(file, Base64.getDecoder().decode(picture.get("data").asString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().onExit().join();
    }

    private JsonNode call(String method, Map<String, ?> parameters) {
        int id = calls.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.put(id, answer);
        socket.sendText(JSON.writeValueAsString(Map.of("id", id, "method", method, "params", parameters)), true)
                .join();
        JsonNode whole = answer.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join();
        if (whole.has("error")) {
            throw new IllegalStateException(method + ": " + whole.get("error"));
        }
        return whole.get("result");
    }

    private final class Answers implements WebSocket.Listener {

        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                JsonNode message = JSON.readTree(text.toString());
                text.setLength(0);
                if (message.has("id")) {
                    answers.remove(message.get("id").asInt()).complete(message);
                }
            }
            from.request(1);
            return CompletableFuture.completedFuture(null);
        }
    }
}
