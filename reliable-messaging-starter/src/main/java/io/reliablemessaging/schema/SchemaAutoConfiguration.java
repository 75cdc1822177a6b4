package io.reliablemessaging.schema;

import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jdbc.metadata.DataSourcePoolMetadataProvider;
import org.springframework.boot.sql.init.dependency.DatabaseInitializationDependencyConfigurer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;

/** Wires the schema with our tables. */
@AutoConfiguration(
        afterName = {
            "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
            "io.reliablemessaging.payload.PayloadAutoConfiguration"
        })
@ConditionalOnClass(Flyway.class)
// without Kafka no tables are needed
@ConditionalOnBean(value = DataSource.class, type = "io.reliablemessaging.wire.KafkaConnection")
@EnableConfigurationProperties(SchemaProperties.class)
@Import(DatabaseInitializationDependencyConfigurer.class)
public final class SchemaAutoConfiguration {

    SchemaAutoConfiguration() {}

    @Bean
    Schema reliableMessagingSchema(SchemaProperties properties) {
        return new Schema(properties.schema());
    }

    @Bean
    MessagingDataSource reliableMessagingDataSource(
            ListableBeanFactory beans,
            SchemaProperties properties,
            ObjectProvider<DataSourcePoolMetadataProvider> pools) {
        MessagingDataSource messaging = MessagingDataSource.choose(beans, properties.dataSource());
        if (properties.migrate()) {
            DatabaseRequirements.requireConnections(
                    messaging.most(pools.orderedStream().toList()));
        }
        DatabaseRequirements.check(messaging.dataSource());
        return messaging;
    }

    @Bean
    DatabaseAddress reliableMessagingDatabaseAddress(MessagingDataSource messaging) {
        return DatabaseAddress.read(messaging.dataSource());
    }

    @Bean
    TableRights reliableMessagingTableRights(MessagingDataSource messaging, Schema schema) {
        return new TableRights(messaging.dataSource(), schema);
    }

    @Bean
    SchemaMigration reliableMessagingSchemaMigration(
            MessagingDataSource messaging,
            Schema schema,
            SchemaProperties properties,
            Environment environment,
            BeanFactory beans) {
        ApplicationName name = ApplicationName.of(
                properties.application(), environment.getProperty("spring.application.name", ""), beans);
        return new SchemaMigration(messaging.dataSource(), schema, properties.migrate(), name);
    }
}
