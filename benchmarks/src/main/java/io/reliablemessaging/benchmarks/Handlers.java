package io.reliablemessaging.benchmarks;

import io.reliablemessaging.ReliableListener;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.support.Acknowledgment;

/** The two sides: what a user writes. */
final class Handlers {

    static final String PLAIN = "plain";

    private Handlers() {}

    /** Where a listener reads, and as whom. */
    abstract static class Listener {

        private final String id;
        private final String topic;
        private final String group;

        Listener(String id, String topic, String group) {
            this.id = id;
            this.topic = topic;
            this.group = group;
        }

        public String id() {
            return id;
        }

        public String topic() {
            return topic;
        }

        public String group() {
            return group;
        }
    }

    static final class Reliable extends Listener {

        private final Work work;

        Reliable(String id, String topic, String group, Work work) {
            super(id, topic, group);
            this.work = work;
        }

        @ReliableListener(
                id = "#{__listener.id()}",
                topics = "#{__listener.topic()}",
                groupId = "#{__listener.group()}")
        void handle(String payload) {
            work.run(payload);
        }
    }

    static final class Plain extends Listener {

        private final Work.InTransaction work;
        private final Handled handled;

        Plain(String id, String topic, String group, Work.InTransaction work, Handled handled) {
            super(id, topic, group);
            this.work = work;
            this.handled = handled;
        }

        @KafkaListener(id = "#{__listener.id()}", topics = "#{__listener.topic()}", groupId = "#{__listener.group()}")
        void handle(String payload, Acknowledgment acknowledgment) {
            work.run(payload);
            acknowledgment.acknowledge();
            handled.one();
        }
    }
}
