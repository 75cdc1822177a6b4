package io.reliablemessaging.sample.dashboard;

import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.stereotype.Component;

/** Redrives all dead letters of a group, for users of a shell instead of this page. */
@Component
@Endpoint(id = "redrive")
class RedriveEndpoint {

    private final DeadLetters letters;

    RedriveEndpoint(DeadLetters letters) {
        this.letters = letters;
    }

    @WriteOperation
    int redrive(@Selector String group) {
        return letters.redrive(DeadLetterQuery.dead().group(group), "actuator");
    }
}
