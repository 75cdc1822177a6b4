package io.reliablemessaging.sample.dashboard;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/** Logs the address of the page once it is there. */
@Component
class PageAddress {

    private static final Logger log = LoggerFactory.getLogger(PageAddress.class);

    private final Environment environment;

    PageAddress(Environment environment) {
        this.environment = environment;
    }

    @EventListener(ApplicationReadyEvent.class)
    void tell() {
        log.info("The sample shop is open: http://localhost:{}/", environment.getProperty("local.server.port"));
    }
}
