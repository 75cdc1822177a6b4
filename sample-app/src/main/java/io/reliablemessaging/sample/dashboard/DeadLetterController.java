package io.reliablemessaging.sample.dashboard;

import io.reliablemessaging.DeadLetterNotChangedException;
import io.reliablemessaging.DeadLetters;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** Redrives a dead letter: only the group that failed handles it again. */
@RestController
class DeadLetterController {

    private final DeadLetters letters;

    DeadLetterController(DeadLetters letters) {
        this.letters = letters;
    }

    @PostMapping("/dead-letters/{id}/redrive")
    @ResponseStatus(HttpStatus.ACCEPTED)
    void redrive(@PathVariable("id") long id) {
        try {
            letters.redrive(id, "somebody at the page");
        } catch (DeadLetterNotChangedException e) {
            throw new ResponseStatusException(HttpStatus.CONFLICT, e.getMessage(), e);
        }
    }
}
