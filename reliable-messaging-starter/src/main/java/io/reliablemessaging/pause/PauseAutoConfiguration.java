package io.reliablemessaging.pause;

import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.schema.AnsweringDataSource;
import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.schema.MessagingDataSource;
import io.reliablemessaging.schema.Schema;
import java.time.Duration;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;

/** Wires what knows which listeners are paused. */
@AutoConfiguration(
        afterName = {
            "io.reliablemessaging.schema.SchemaAutoConfiguration",
            "io.reliablemessaging.reachability.ReachabilityAutoConfiguration"
        })
@ConditionalOnBean({Schema.class, Infrastructure.class})
public final class PauseAutoConfiguration {

    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);

    PauseAutoConfiguration() {}

    @Bean
    @Lazy(false) // a listener that is created late must find it started
    @DependsOnDatabaseInitialization
    ListenerPauses reliableMessagingListenerPauses(
            MessagingDataSource messaging, Schema schema, Infrastructure infrastructure) {
        // on a connection that died silently, the thread would otherwise wait for hours
        AnsweringDataSource answering =
                new AnsweringDataSource(new AutoCommitDataSource(messaging.dataSource()), ANSWER_LIMIT);
        return new ListenerPauses(new PausedListeners(answering, schema), infrastructure);
    }
}
