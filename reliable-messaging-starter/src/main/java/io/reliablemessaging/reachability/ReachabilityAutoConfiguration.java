package io.reliablemessaging.reachability;

import io.reliablemessaging.schema.DatabaseAddress;
import io.reliablemessaging.schema.DatabaseProbe;
import io.reliablemessaging.schema.MessagingDataSource;
import io.reliablemessaging.wire.KafkaConnection;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.jdbc.metadata.CompositeDataSourcePoolMetadataProvider;
import org.springframework.boot.jdbc.metadata.DataSourcePoolMetadata;
import org.springframework.boot.jdbc.metadata.DataSourcePoolMetadataProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;
import org.springframework.util.function.SingletonSupplier;

/** Wires the probes of PostgreSQL and Kafka. */
@AutoConfiguration(
        afterName = {
            "io.reliablemessaging.payload.PayloadAutoConfiguration",
            "io.reliablemessaging.schema.SchemaAutoConfiguration"
        })
@ConditionalOnBean({KafkaConnection.class, MessagingDataSource.class})
public final class ReachabilityAutoConfiguration {

    ReachabilityAutoConfiguration() {}

    @Bean
    Infrastructure reliableMessagingInfrastructure() {
        return Infrastructure.unwatched();
    }

    @Bean
    @Lazy(false) // no bean depends on it
    Probes reliableMessagingProbes(
            Infrastructure infrastructure,
            MessagingDataSource messaging,
            DatabaseAddress address,
            KafkaConnection kafka,
            ObjectProvider<DataSourcePoolMetadataProvider> pools) {
        DataSource dataSource = messaging.dataSource();
        Supplier<@Nullable DataSourcePoolMetadata> pool =
                SingletonSupplier.ofNullable(() -> new CompositeDataSourcePoolMetadataProvider(
                                pools.orderedStream().toList())
                        .getDataSourcePoolMetadata(dataSource));
        return new Probes(
                infrastructure,
                () -> new DatabaseQuestion(
                        new DatabaseProbe(dataSource),
                        DatabaseProbe.besidePool(dataSource),
                        address.toString(),
                        hasRoom(pool)),
                () -> new ClusterQuestion(kafka.admin()));
    }

    private static BooleanSupplier hasRoom(Supplier<@Nullable DataSourcePoolMetadata> pool) {
        return () -> {
            DataSourcePoolMetadata now = pool.get();
            Integer active = now == null ? null : now.getActive();
            Integer most = now == null ? null : now.getMax();
            return active != null && most != null && active < most;
        };
    }
}
