package io.reliablemessaging.transaction;

import io.reliablemessaging.publish.OutboxTransactionManagers;
import io.reliablemessaging.settings.StartupRefusal;
import java.util.Comparator;
import java.util.Map;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * The host's transaction manager for the data source that holds our tables. It is chosen by its data source: a host may have
 * several (of Kafka, of a second database), and injection by type would fail or take the wrong one.
 *
 * @param name its bean name
 * @param manager the manager
 */
public record InboxTransactionManager(String name, PlatformTransactionManager manager) {

    /** Finds the transaction manager among the host's beans. */
    public static InboxTransactionManager find(ListableBeanFactory beans, OutboxTransactionManagers managers) {
        return beans.getBeansOfType(PlatformTransactionManager.class).entrySet().stream()
                .filter(bean -> managers.isOnOurDataSource(bean.getValue()))
                // a JpaTransactionManager also serves JDBC; the reverse is not true
                .max(Comparator.comparing(bean -> OutboxTransactionManagers.isJpa(bean.getValue())))
                .map(InboxTransactionManager::of)
                .orElseThrow(
                        () -> new StartupRefusal(
                                "There is no transaction manager for the data source that holds the inbox",
                                "Define a JpaTransactionManager or JdbcTransactionManager for it, or leave that to Spring Boot"));
    }

    private static InboxTransactionManager of(Map.Entry<String, PlatformTransactionManager> bean) {
        return new InboxTransactionManager(bean.getKey(), bean.getValue());
    }

    public boolean isNamed(String other) {
        return name.equals(other);
    }
}
