package io.reliablemessaging.publish;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.support.LogCapture;
import io.reliablemessaging.test.ReliableMessagingTest;
import java.lang.reflect.Method;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.annotation.Commit;
import org.springframework.test.context.TestContextManager;
import org.springframework.transaction.annotation.Transactional;

/** Tests of an application that publish, and what their log says of it. */
class RolledBackTestHintIT {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    /** Not run by JUnit but by the tests below. */
    @SpringBootTest(
            classes = Host.class,
            properties = {
                "spring.application.name=hint-test",
                "spring.jpa.open-in-view=false",
                "reliable-messaging.relay.enabled=false",
                "reliable-messaging.topics.hints.partitions=1"
            })
    @ReliableMessagingTest
    @Transactional
    static class HostTest {

        @Autowired
        MessagePublisher publisher;

        void publishes() {
            publisher.publish(OutgoingMessage.to("hints").payload("one").build());
        }

        @Commit
        void commits() {
            publisher.publish(OutgoingMessage.to("hints").payload("one").build());
        }

        void doesNotPublish() {}
    }

    @Test
    void aTestThatRollsBackWhatItHasPublishedIsToldSo() throws Exception {
        assertThat(hints("publishes"))
                .singleElement()
                .asString()
                .startsWith("Published 1 message in a transaction that is rolled back when publishes ends")
                .contains("@Commit");
    }

    @Test
    void aTestThatCommitsOrDoesNotPublishIsToldNothing() throws Exception {
        assertThat(hints("commits")).isEmpty();
        assertThat(hints("doesNotPublish")).isEmpty();
    }

    // as JUnit's SpringExtension does it
    private static List<String> hints(String name) throws Exception {
        HostTest test = new HostTest();
        Method method = HostTest.class.getDeclaredMethod(name);
        TestContextManager manager = new TestContextManager(HostTest.class);
        manager.beforeTestClass();
        manager.prepareTestInstance(test);
        try (LogCapture log = LogCapture.start()) {
            manager.beforeTestMethod(test, method);
            method.invoke(test);
            manager.afterTestMethod(test, method, null);
            return log.ours().stream()
                    .filter(line -> line.logger().equals(RolledBackTestHint.class.getName()))
                    .map(LogCapture.Line::message)
                    .toList();
        } finally {
            manager.afterTestClass();
        }
    }
}
