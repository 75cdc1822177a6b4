package io.reliablemessaging.publish;

import io.reliablemessaging.settings.StartupRefusal;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.core.env.Environment;
import org.springframework.transaction.TransactionManager;
import org.springframework.transaction.annotation.AnnotationTransactionAttributeSource;
import org.springframework.transaction.annotation.TransactionManagementConfigurer;
import org.springframework.transaction.interceptor.TransactionAttribute;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringUtils;

/**
 * Refuses to start if {@code spring.kafka.producer.transaction-id-prefix} makes Spring Boot create a second transaction
 * manager and {@code @Transactional} methods do not name the one they use. Each call of such a method would fail.
 */
final class AmbiguousTransactions implements SmartInitializingSingleton {

    private static final String PREFIX = "spring.kafka.producer.transaction-id-prefix";

    private final ListableBeanFactory beans;
    private final Environment environment;

    AmbiguousTransactions(ListableBeanFactory beans, Environment environment) {
        this.beans = beans;
        this.environment = environment;
    }

    @Override
    public void afterSingletonsInstantiated() {
        if (!StringUtils.hasText(environment.getProperty(PREFIX))
                || beans.getBeanNamesForType(TransactionManagementConfigurer.class, false, false).length > 0) {
            return;
        }
        try {
            beans.getBeanProvider(TransactionManager.class).getIfAvailable();
        } catch (NoUniqueBeanDefinitionException e) {
            findUndecidedMethod().ifPresent(method -> {
                throw refusal(method, Objects.requireNonNullElse(e.getBeanNamesFound(), List.of()));
            });
        }
    }

    private Optional<String> findUndecidedMethod() {
        AnnotationTransactionAttributeSource annotations = new AnnotationTransactionAttributeSource();
        return Arrays.stream(beans.getBeanDefinitionNames())
                .map(name -> beans.getType(name, false))
                .flatMap(Stream::ofNullable)
                .map(ClassUtils::getUserClass)
                .filter(annotations::isCandidateClass)
                .flatMap(type -> Arrays.stream(type.getMethods())
                        .filter(method -> isUndecided(annotations.getTransactionAttribute(method, type)))
                        .map(method -> "%s.%s".formatted(type.getSimpleName(), method.getName())))
                .findFirst();
    }

    private static boolean isUndecided(@Nullable TransactionAttribute attribute) {
        return attribute != null && !StringUtils.hasText(attribute.getQualifier());
    }

    private static StartupRefusal refusal(String method, Iterable<String> managers) {
        return new StartupRefusal(
                "'%s' makes Spring Boot create a transaction manager for Kafka, so there are several (%s) and none is primary. %s is @Transactional and does not name one: each call would fail"
                        .formatted(PREFIX, String.join(", ", managers), method),
                "Remove the property: messages of MessagePublisher are sent if and only if the database transaction commits, and"
                        + " need no Kafka transaction. If your own producers need it, mark the transaction manager of the database"
                        + " @Primary");
    }
}
