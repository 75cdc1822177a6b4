package io.reliablemessaging.schema;

import io.reliablemessaging.settings.StartupRefusal;

/** Refuses the start because nothing distinguishes this application from others that could use the same schema. */
final class UnnamedApplicationException extends StartupRefusal {

    UnnamedApplicationException() {
        super(
                "The application has neither a name nor a base package, so reliable messaging could not refuse its schema to"
                        + " another one. Two applications in one schema would steal each other's messages",
                "Set 'spring.application.name', or 'reliable-messaging.application'");
    }
}
