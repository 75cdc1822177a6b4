package io.reliablemessaging.benchmarks;

import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.Id;
import java.util.List;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.orm.jpa.EntityManagerFactoryUtils;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.DefaultTransactionDefinition;

/**
 * Commits of JPA with 5,000 entities that nobody has changed, in transactions that publish nothing, against a transaction
 * manager that we do not follow. Each flush has to compare them all.
 */
final class JpaNoPublish implements Measurement {

    private static final int ENTITIES = 5_000;
    private static final int COMMIT_SHARE = 500; // of the usual backlog: 100 commits

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @EntityScan(basePackageClasses = JpaNoPublish.class)
    static class Host {}

    @Entity(name = "bench_entity")
    static class Item {

        @Id
        Long id;

        String text;
    }

    @Override
    public List<Ratio> run(Bench bench, Sizes sizes) {
        try (ConfigurableApplicationContext application = bench.persisting(Host.class)) {
            application
                    .getBean(JdbcTemplate.class)
                    .update(
                            "insert into bench_entity (id, text) select n, 'text' from generate_series(1, ?) n",
                            ENTITIES);
            EntityManagerFactory factory = application.getBean(EntityManagerFactory.class);
            PlatformTransactionManager followed = application.getBean(PlatformTransactionManager.class);
            PlatformTransactionManager alone = new JpaTransactionManager(factory);
            Pairs pairs = Pairs.measure(
                    sizes.rounds(), () -> commits(followed, factory, sizes), () -> commits(alone, factory, sizes));
            return List.of(pairs.ratio("jpa_no_publish", "commits/s"));
        }
    }

    /** Commits in each second of committing; loading the entities is not counted. */
    private static double commits(PlatformTransactionManager manager, EntityManagerFactory factory, Sizes sizes) {
        int commits = Math.max(1, sizes.backlog() / COMMIT_SHARE);
        long committing = 0;
        for (int i = 0; i < commits; i++) {
            TransactionStatus status = manager.getTransaction(new DefaultTransactionDefinition());
            EntityManager entities = EntityManagerFactoryUtils.getTransactionalEntityManager(factory);
            if (entities == null
                    || entities.createQuery("from bench_entity", Item.class)
                                    .getResultList()
                                    .size()
                            != ENTITIES) {
                throw new IllegalStateException("The entities are not there");
            }
            long start = System.nanoTime();
            manager.commit(status);
            committing += System.nanoTime() - start;
        }
        return commits * 1e9 / committing;
    }
}
