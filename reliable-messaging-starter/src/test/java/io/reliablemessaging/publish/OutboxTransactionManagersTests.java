package io.reliablemessaging.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

import io.reliablemessaging.schema.MessagingDataSource;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.ResourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What becomes of the host's transactions where we are not ready. */
@ExtendWith(OutputCaptureExtension.class)
class OutboxTransactionManagersTests {

    private final DefaultListableBeanFactory beans = new DefaultListableBeanFactory();
    private final OutboxTransactionManagers managers = new OutboxTransactionManagers(
            beans, beans.getBeanProvider(MessagingDataSource.class), beans.getBeanProvider(Outbox.class));

    @Test
    void aTransactionThatCannotBeFollowedBeginsAllTheSameAndTheLogSaysWhy(CapturedOutput output) {
        Manager manager = new Manager();
        managers.postProcessAfterInitialization(manager, "manager");
        assertThatNoException()
                .isThrownBy(() -> new TransactionTemplate(manager)
                        .executeWithoutResult(status ->
                                assertThat(OutboxTransaction.current()).isNull()));
        assertThat(manager.committed).isTrue();
        assertThat(output)
                .contains("A transaction could not be followed")
                .contains(NoSuchBeanDefinitionException.class.getName())
                .contains(MessagingDataSource.class.getName());
    }

    private static final class Manager extends AbstractPlatformTransactionManager
            implements ResourceTransactionManager {

        private final DataSource source = new SimpleDriverDataSource();
        private boolean committed;

        @Override
        public Object getResourceFactory() {
            return source;
        }

        @Override
        protected Object doGetTransaction() {
            return this;
        }

        @Override
        protected void doBegin(Object transaction, TransactionDefinition definition) {}

        @Override
        protected void doCommit(DefaultTransactionStatus status) {
            committed = true;
        }

        @Override
        protected void doRollback(DefaultTransactionStatus status) {}
    }
}
