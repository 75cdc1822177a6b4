package io.reliablemessaging.sample.dashboard;

import java.util.Map;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** Handles the page's buttons that break things; answers 404 without a {@link Demonstration}. */
@RestController
class DemonstrationController {

    private final ObjectProvider<Demonstration> demonstrations;

    DemonstrationController(ObjectProvider<Demonstration> demonstrations) {
        this.demonstrations = demonstrations;
    }

    @PostMapping("/demonstration/stop-kafka")
    @ResponseStatus(HttpStatus.ACCEPTED)
    void stopKafka() {
        demonstration().stopKafka();
    }

    @PostMapping("/demonstration/deliver-again")
    Map<String, String> deliverAgain() {
        try {
            return Map.of("key", demonstration().deliverAgain());
        } catch (IllegalStateException e) {
            throw new ResponseStatusException(HttpStatus.CONFLICT, e.getMessage(), e);
        }
    }

    private Demonstration demonstration() {
        return demonstrations.stream()
                .findFirst()
                .orElseThrow(() -> new ResponseStatusException(
                        HttpStatus.NOT_FOUND, "Start the sample with its own servers: spring-boot:test-run"));
    }
}
