package io.reliablemessaging.sample;

import io.reliablemessaging.sample.dashboard.EmbeddedDemonstration;
import io.reliablemessaging.test.EmbeddedInfrastructure;
import org.springframework.boot.SpringApplication;

/** The sample with its own PostgreSQL and Kafka, which its page can break: {@code mvn -pl sample-app -am spring-boot:test-run}. */
class TestSampleApplication {

    public static void main(String[] args) {
        SpringApplication.from(SampleApplication::main)
                .with(EmbeddedInfrastructure.class, EmbeddedDemonstration.class)
                .run(args);
    }
}
