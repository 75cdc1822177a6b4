package io.reliablemessaging.wire;

import java.util.Collection;

/** It is not clear which JSON mapper writes payloads. */
final class AmbiguousMapperException extends IllegalStateException {

    AmbiguousMapperException(Collection<String> names) {
        super(
                "Payloads are written and read by the application's JsonMapper, and there are several, none of which is primary: %s"
                        .formatted(String.join(", ", names)));
    }
}
