package io.reliablemessaging;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.constructors;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import io.reliablemessaging.timing.PeriodicTask;
import java.net.InetAddress;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.jspecify.annotations.NullMarked;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.context.Lifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionOperations;

/** The architecture: which package may use which, who owns which door, and what others may see. */
@AnalyzeClasses(
        packages = "io.reliablemessaging",
        importOptions = {DoNotIncludeTests.class, ArchitectureTests.StarterOnly.class})
class ArchitectureTests {

    /** The module reliable-messaging-test has a package beside ours and an architecture of its own. */
    static final class StarterOnly implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("/io/reliablemessaging/test/");
        }
    }

    private static final String ROOT = "io.reliablemessaging";

    /** What people read, as text: everybody may use it, the API too. */
    private static final String TEXT = "text";

    /** Packages that all others may use, though not the API, but for text. */
    private static final Set<String> SHARED = Set.of(TEXT, "timing", "observers");

    /** What opens connections or starts threads when it is made. */
    private static final Set<Class<?>> CLIENTS =
            Set.of(KafkaConsumer.class, KafkaProducer.class, HikariPool.class, HikariDataSource.class);

    /** Method -> types on which it asks a clock, a database, a cluster or a resolver, or begins work on another thread. */
    private static final Map<String, Set<Class<?>>> CALLS = Map.ofEntries(
            entry("instant", Set.of(InstantSource.class)),
            entry("millis", Set.of(InstantSource.class)),
            entry("getConnection", Set.of(DataSource.class)),
            entry("query", Set.of(JdbcClient.StatementSpec.class, JdbcOperations.class)),
            entry("update", Set.of(JdbcClient.StatementSpec.class, JdbcOperations.class)),
            entry("create", Set.of(Admin.class)),
            entry("getLocalHost", Set.of(InetAddress.class)),
            entry("execute", Set.of(Executor.class, TransactionOperations.class)),
            entry("schedule", Set.of(ScheduledExecutorService.class)),
            entry("scheduleWithFixedDelay", Set.of(ScheduledExecutorService.class)),
            entry("start", Set.of(Lifecycle.class, PeriodicTask.class)));

    /** Package -> packages of ours that it may use, besides the API and those that all may use. The same table is in docs/design.md. */
    private static final Map<String, Set<String>> MAY_USE = Map.ofEntries(
            entry("actuate", Set.of("retry")),
            entry("observers", Set.of()),
            entry("retry", Set.of()),
            entry("settings", Set.of()),
            entry(TEXT, Set.of()),
            entry("timing", Set.of()),
            entry("wire", Set.of()),
            entry("audit", Set.of("settings")),
            entry("payload", Set.of("settings", "wire")),
            entry("permits", Set.of("wire")),
            entry("schema", Set.of("settings")),
            entry("tracing", Set.of("wire")),
            entry("database", Set.of("audit", "schema")),
            entry("dryrun", Set.of("wire")),
            entry("handler", Set.of("retry", "settings", "wire", "payload", "tracing")),
            entry("operationlog", Set.of("settings", "dryrun", "schema", "reachability")),
            entry("reachability", Set.of("retry", "wire", "schema")),
            entry("inbox", Set.of("settings", "audit", "schema", "operationlog", "reachability")),
            entry("lanes", Set.of("wire", "schema", "operationlog", "reachability")),
            entry("outbox", Set.of("settings", "wire", "schema", "lanes")),
            entry("pause", Set.of("schema", "operationlog", "reachability")),
            entry("published", Set.of("wire", "schema", "operationlog", "reachability", "lanes")),
            entry(
                    "deadletter",
                    Set.of("retry", "wire", "dryrun", "schema", "operationlog", "inbox", "outbox", "failures")),
            entry("redrive", Set.of("settings", "schema", "operationlog", "reachability", "inbox", "deadletter")),
            entry("delayed", Set.of("wire", "schema", "operationlog", "reachability", "lanes", "outbox")),
            entry("failures", Set.of("schema", "reachability")),
            entry("intake", Set.of("wire", "outbox")),
            entry(
                    "producer",
                    Set.of("settings", "wire", "payload", "dryrun", "tracing", "reachability", "lanes", "outbox")),
            entry("quarantine", Set.of("wire", "schema", "operationlog", "lanes", "outbox")),
            entry(
                    "publish",
                    Set.of(
                            "settings",
                            "wire",
                            "payload",
                            "dryrun",
                            "schema",
                            "tracing",
                            "reachability",
                            "lanes",
                            "outbox",
                            "published",
                            "delayed")),
            entry(
                    "relay",
                    Set.of(
                            "settings",
                            "wire",
                            "schema",
                            "tracing",
                            "reachability",
                            "lanes",
                            "outbox",
                            "delayed",
                            "intake",
                            "producer",
                            "quarantine")),
            entry("topics", Set.of("settings", "wire", "audit", "publish")),
            entry("transaction", Set.of("retry", "settings", "dryrun", "handler", "publish")),
            entry("broker", Set.of("wire", "audit", "reachability", "topics")),
            entry(
                    "delivery",
                    Set.of(
                            "retry",
                            "settings",
                            "wire",
                            "dryrun",
                            "handler",
                            "inbox",
                            "deadletter",
                            "publish",
                            "transaction")),
            entry("lines", Set.of("wire", "delivery")),
            entry(
                    "consumer",
                    Set.of(
                            "retry",
                            "wire",
                            "permits",
                            "reachability",
                            "inbox",
                            "deadletter",
                            "topics",
                            "delivery",
                            "lines")),
            entry(
                    "listener",
                    Set.of(
                            "settings",
                            "wire",
                            "payload",
                            "dryrun",
                            "permits",
                            "schema",
                            "tracing",
                            "database",
                            "handler",
                            "reachability",
                            "inbox",
                            "outbox",
                            "deadletter",
                            "pause",
                            "publish",
                            "topics",
                            "transaction",
                            "broker",
                            "delivery",
                            "consumer")),
            entry(
                    "metrics",
                    Set.of("wire", "reachability", "inbox", "outbox", "deadletter", "quarantine", "relay", "listener")),
            entry(
                    "operations",
                    Set.of(
                            "wire",
                            "schema",
                            "operationlog",
                            "reachability",
                            "inbox",
                            "lanes",
                            "outbox",
                            "deadletter",
                            "pause",
                            "quarantine",
                            "publish",
                            "relay",
                            "broker",
                            "listener")));

    /** All that one package shows to the others. Short on purpose: think before adding to it. */
    private static final Set<String> SEEN_BY_OTHERS = Set.of(
            "actuate.ReliableMessagingEndpoint",
            "observers.ShieldedObservers",
            "retry.Attempts",
            "retry.FailureJudge",
            "retry.FailureKind",
            "retry.RedeliveryDecision",
            "retry.RedeliveryPolicy",
            "retry.SpentAttempts",
            "settings.IllegalSettingException",
            "settings.SettingBounds",
            "settings.StartupRefusal",
            "text.DurationText",
            "text.FailureText",
            "text.Fingerprint",
            "text.LogStyle",
            "text.LoggedFailure",
            "text.LoggingProperties",
            "text.ReadableLogger",
            "text.StartupNote",
            "text.StartupSummary",
            "timing.Backoff",
            "timing.PeriodicTask",
            "timing.StartPhases",
            "wire.AccessRefusal",
            "wire.ClientObserver",
            "wire.DeadLetterRecord",
            "wire.HeaderBytes",
            "wire.HostSettings",
            "wire.KafkaConnection",
            "wire.KeyText",
            "wire.QueueId",
            "wire.ReceivedMessage",
            "wire.Utf8",
            "wire.WireHeaders",
            "wire.WireMessage",
            "audit.DurabilityCheck",
            "audit.FindingCode",
            "payload.MessageEncoder",
            "pause.ListenerPause",
            "pause.ListenerPauses",
            "payload.PayloadCodec",
            "permits.DelayedTasks",
            "permits.HandlerPool",
            "permits.HandlerThreads",
            "permits.RunningHandlers",
            "schema.AnsweringDataSource",
            "schema.AutoCommitDataSource",
            "schema.DatabaseAddress",
            "schema.DatabaseProbe",
            "schema.HostConnections",
            "schema.MessagingDataSource",
            "schema.Schema",
            "schema.TableRights",
            "tracing.MessageTracing",
            "tracing.ObservedStep",
            "database.HandlerConnections",
            "dryrun.DryRunGuard",
            "dryrun.DryRunRefusedException",
            "dryrun.ListenerHandler",
            "dryrun.ListenerHandlers",
            "dryrun.MessageTrials",
            "dryrun.StoredMessage",
            "handler.Handler",
            "handler.HandlerFailedException",
            "handler.HandlerMethods",
            "handler.HandlerRules",
            "handler.IllegalListenerException",
            "handler.Invocation",
            "operationlog.OperationLog",
            "operationlog.OperationsProperties",
            "operationlog.OperationLogReader",
            "reachability.FailureLog",
            "reachability.Infrastructure",
            "reachability.OutageSuspicion",
            "reachability.QuestionLimit",
            "reachability.Reachability",
            "reachability.WaitingMessages",
            "inbox.ArrivedMessage",
            "inbox.ChargeResult",
            "inbox.Inbox",
            "inbox.InboxHorizon",
            "inbox.InboxLedger",
            "inbox.InboxSize",
            "inbox.InboxStatistics",
            "inbox.ListenedPartition",
            "inbox.ListeningGroups",
            "inbox.PartitionHistory",
            "inbox.PartitionProgress",
            "inbox.PartitionStart",
            "lanes.EnduringThread",
            "lanes.LaneGrowth",
            "lanes.LaneKeeper",
            "lanes.LaneLease",
            "lanes.LaneLeases",
            "lanes.LaneNotice",
            "lanes.LaneNoticeListener",
            "lanes.LaneNotices",
            "lanes.LaneOwners",
            "lanes.LaneSetup",
            "lanes.Lanes",
            "lanes.OutboxSignal",
            "lanes.PollSchedule",
            "lanes.SendingFitness",
            "outbox.IdSequence",
            "outbox.OutboxBacklog",
            "outbox.OutboxColumns",
            "outbox.OutboxConnections",
            "outbox.OutboxEntry",
            "outbox.OutboxLedger",
            "outbox.OutboxProperties",
            "outbox.OutboxReader",
            "outbox.OutboxReaders",
            "outbox.OutboxRecord",
            "outbox.OutboxRow",
            "outbox.OutboxTable",
            "outbox.SentRecord",
            "outbox.ServerIdentity",
            "published.PublishedMessages",
            "published.PublishedPurge",
            "deadletter.ChosenRedrive",
            "deadletter.KeyClaim",
            "deadletter.MakeDead",
            "deadletter.ParkedCounts",
            "deadletter.ParkedMessages",
            "deadletter.ParkedQueues",
            "deadletter.ParkedSignal",
            "deadletter.UnreadableRowException",
            "failures.FailureGroupReader",
            "failures.FailureGroups",
            "delayed.DelayedTable",
            "delayed.DelayedMover",
            "intake.Intake",
            "intake.KnownServer",
            "intake.LaneFloors",
            "intake.RowsInFlight",
            "intake.TopicWindows",
            "producer.BatchingPause",
            "producer.ClockDifference",
            "producer.Completions",
            "producer.ObservedProducer",
            "producer.ProducerConfiguration",
            "producer.ProducerRestarts",
            "producer.ProducerWiring",
            "producer.RelayProducer",
            "producer.RelayProducers",
            "producer.SendVerdict",
            "producer.TopicMetadata",
            "producer.TopicPartitions",
            "producer.TopicQuestions",
            "quarantine.BlockedKeys",
            "quarantine.QuarantineReader",
            "quarantine.QuarantineTable",
            "quarantine.ReleasePlan",
            "quarantine.ReleasedMessage",
            "quarantine.ReleasedRows",
            "quarantine.TopicKey",
            "publish.BacklogGuard",
            "publish.EntityManagerFlush",
            "publish.Outbox",
            "publish.OutboxTransactionManagers",
            "publish.PublishPreflight",
            "publish.ReliableEventListener",
            "relay.RelayState",
            "topics.ClusterAdmin",
            "topics.ClusterAnswers",
            "topics.ClusterState",
            "topics.ConfigValues",
            "topics.DeadLetterTopicProperties",
            "topics.IndependentChecks",
            "topics.KnownTopics",
            "topics.ListenedTopics",
            "topics.ProvisionProperties",
            "topics.PublishedTopics",
            "topics.ShareGroups",
            "topics.TopicIds",
            "topics.TopicPreflight",
            "topics.TopicProvisioner",
            "topics.TopicRules",
            "topics.TopicSafety",
            "topics.TopicStartup",
            "topics.TopicState",
            "topics.TopicsProperties",
            "transaction.HandlerTransaction",
            "transaction.HandlerTransactions",
            "transaction.InboxTransactionManager",
            "transaction.TransactionConnections",
            "broker.ClusterDiagnosis",
            "broker.RecordSearch",
            "delivery.BatchDelivery",
            "delivery.ConsumerDiedException",
            "delivery.CrashDetector",
            "delivery.Deliveries",
            "delivery.DeliveryAnswer",
            "delivery.DryRunDelivery",
            "delivery.ListenerProperties",
            "delivery.ListenerSettings",
            "delivery.ListenerStores",
            "delivery.ListenersProperties",
            "delivery.LiveDelivery",
            "delivery.LiveMessage",
            "delivery.MessageText",
            "delivery.OnDead",
            "delivery.ParkedDelivery",
            "lines.KeyLine",
            "lines.LineEntry",
            "lines.LineRule",
            "lines.MemoryBudget",
            "lines.MessageIdentity",
            "lines.OffsetSpan",
            "lines.PartitionLines",
            "lines.PartitionLoad",
            "lines.ShareLotRule",
            "lines.SlowMessage",
            "lines.TopicIncarnation",
            "consumer.ConsumerState",
            "consumer.Consumers",
            "consumer.ListenerRun",
            "listener.Listeners");

    @ArchTest
    static final ArchRule packagesAreFreeOfCycles =
            slices().matching(ROOT + ".(*)..").should().beFreeOfCycles();

    /** A person can keep as many types in mind; the API is one page on purpose. */
    @ArchTest
    static void packagesHaveAtMostTwentyFiveTypes(JavaClasses imported) {
        Map<String, Long> types = imported.stream()
                .filter(type -> type.getPackageName().startsWith(ROOT + "."))
                .filter(type -> type.getEnclosingClass().isEmpty()
                        && !type.getSimpleName().equals("package-info"))
                .collect(Collectors.groupingBy(JavaClass::getPackageName, Collectors.counting()));
        assertThat(types).allSatisfy((name, count) -> assertThat(count).as(name).isLessThanOrEqualTo(25));
    }

    @ArchTest
    static void packagesUseOnlyWhatTheTableAllows(JavaClasses imported) {
        assertThat(slicesOf(imported)).isEqualTo(new TreeSet<>(MAY_USE.keySet()));
        MAY_USE.forEach((name, used) -> {
            Set<String> others = new TreeSet<>(MAY_USE.keySet());
            others.removeAll(used);
            others.remove(name);
            others.removeAll(SHARED);
            String[] forbidden = others.stream().map(ArchitectureTests::in).toArray(String[]::new);
            noClasses()
                    .that()
                    .resideInAPackage(in(name))
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(forbidden)
                    .check(imported);
        });
    }

    @ArchTest
    static final ArchRule theApiDependsOnNoneOfItsSubPackages = noClasses()
            .that()
            .resideInAPackage(ROOT)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(MAY_USE.keySet().stream()
                    .filter(name -> !name.equals(TEXT))
                    .map(ArchitectureTests::in)
                    .toArray(String[]::new));

    @ArchTest
    static final ArchRule textAndTimingKnowNothingOfMessages = noClasses()
            .that()
            .resideInAnyPackage(in(TEXT), in("timing"))
            .should()
            .dependOnClassesThat()
            .resideInAPackage(ROOT);

    @ArchTest
    static final ArchRule onlyTheRelayHasAProducer = onlyIn("org.apache.kafka.clients.producer..", "producer", "relay");

    @ArchTest
    static final ArchRule onlyConsumersHaveAConsumer = noClasses()
            .that()
            .resideOutsideOfPackages(in("consumer"), in("lines"), in("listener"))
            .and(not(nameMatching(ROOT + "\\.broker\\.RecordSearch(\\$.*)?"))) // for a person, and no member of a group
            .and(not(nameMatching(
                    ROOT + "\\.metrics\\.KafkaClientMeters(\\$.*)?"))) // the only word that Micrometer takes
            .and(not(nameMatching(
                    ROOT + "\\.handler\\.(HandlerMessage|PayloadArguments|RefusedParameters)"))) // as parameters
            .should()
            .dependOnClassesThat(resideInAPackage("org.apache.kafka.clients.consumer..")
                    .and(not(equivalentTo(OffsetAndMetadata.class)))); // which an admin returns, too

    @ArchTest
    static final ArchRule onlyTheBrokerStageAndTheProbeHaveAnAdmin =
            onlyIn("org.apache.kafka.clients.admin..", "topics", "broker", "reachability");

    @ArchTest
    static final ArchRule onlyTableOwnersHoldSql = onlyIn(
            "org.springframework.jdbc.core..",
            "schema",
            "operationlog",
            "lanes",
            "outbox",
            "published",
            "delayed",
            "quarantine",
            "pause",
            "database",
            "inbox",
            "failures",
            "deadletter",
            "redrive",
            "transaction"); // which asks about the transaction, not about tables

    @ArchTest
    static final ArchRule onlyTheSchemaRunsMigrations = onlyIn("org.flywaydb..", "schema");

    @ArchTest
    static final ArchRule onlyTracingKnowsObservations = onlyIn("io.micrometer.observation..", "tracing");

    @ArchTest
    static final ArchRule onlyMetricsKnowsMeters = onlyIn("io.micrometer.core..", "metrics");

    @ArchTest
    static final ArchRule onlyActuateKnowsTheActuator = onlyIn("org.springframework.boot.actuate..", "actuate");

    @ArchTest
    static final ArchRule onlyActuateKnowsHealth = onlyIn("org.springframework.boot.health..", "actuate");

    @ArchTest
    static final ArchRule autoConfigurationsArePublicAndFinal = classes()
            .that()
            .areAnnotatedWith(AutoConfiguration.class)
            .should()
            .bePublic()
            .andShould()
            .haveModifier(JavaModifier.FINAL);

    @ArchTest
    static final ArchRule beanMethodsAreNotPublic =
            methods().that().areAnnotatedWith(Bean.class).should().bePackagePrivate();

    @ArchTest
    static final ArchRule autoConfigurationsAreNotConstructedByOthers = constructors()
            .that()
            .areDeclaredInClassesThat()
            .areAnnotatedWith(AutoConfiguration.class)
            .should()
            .bePackagePrivate();

    @ArchTest
    static void othersSeeOnlyWhatIsNamed(JavaClasses imported) {
        Set<String> visible = imported.stream()
                .filter(type -> type.getPackageName().startsWith(ROOT + "."))
                .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
                .filter(type -> !type.isAnnotatedWith(AutoConfiguration.class))
                .filter(type -> type.getEnclosingClass().isEmpty())
                .map(type -> type.getName().substring(ROOT.length() + 1))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(visible).isEqualTo(new TreeSet<>(SEEN_BY_OTHERS));
    }

    @ArchTest
    static final ArchRule timeIsAskedOfAClock = noClasses()
            .should()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(Thread.class, "sleep", long.class);

    @ArchTest
    static final ArchRule nobodyMakesThreads = noClasses()
            .should()
            .callConstructorWhere(JavaCall.Predicates.target(
                    com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner(
                            DescribedPredicate.describe("Thread", owner -> owner.isEquivalentTo(Thread.class)))));

    @ArchTest
    static void constructorsDoNoInputOrOutput(JavaClasses imported) {
        Set<String> found = imported.stream()
                .flatMap(type -> type.getConstructors().stream())
                .flatMap(constructor -> constructor.getCallsFromSelf().stream())
                .filter(call -> !call.isDeclaredInLambda())
                .filter(ArchitectureTests::isInputOrOutput)
                .map(JavaCall::getDescription)
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(found).isEmpty();
    }

    private static boolean isInputOrOutput(JavaCall<?> call) {
        JavaClass owner = call.getTargetOwner();
        String name = call.getName();
        if (name.equals(JavaConstructor.CONSTRUCTOR_NAME)) { // a subclass calls that of its parent
            boolean opens = CLIENTS.stream().anyMatch(client -> owner.isAssignableTo(client));
            return opens && !call.getOriginOwner().isAssignableTo(owner.getName());
        }
        return CALLS.getOrDefault(name, Set.of()).stream().anyMatch(each -> owner.isAssignableTo(each));
    }

    /** Records of data may be larger: what they hold are values. */
    @ArchTest
    static void recordsOfCollaboratorsHaveAtMostSixComponents(JavaClasses imported) {
        Set<String> large = imported.stream()
                .filter(type -> type.isRecord() && type.getPackageName().startsWith(ROOT + "."))
                .filter(type -> components(type).count() > 6)
                .filter(type -> components(type)
                                .filter(ArchitectureTests::isCollaborator)
                                .count()
                        > 1)
                .map(JavaClass::getName)
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(large).isEmpty();
    }

    private static Stream<JavaClass> components(JavaClass type) {
        return type.getFields().stream()
                .filter(field -> !field.getModifiers().contains(JavaModifier.STATIC))
                .map(JavaField::getRawType);
    }

    private static boolean isCollaborator(JavaClass type) {
        return type.getName().startsWith(ROOT) && !type.isRecord() && !type.isEnum();
    }

    @ArchTest
    static final ArchRule nothingIsInjectedIntoFields = fields().should().notBeAnnotatedWith(Autowired.class);

    @ArchTest
    static final ArchRule lifecyclesStartNotPostConstruct =
            noClasses().should().dependOnClassesThat().haveFullyQualifiedName("jakarta.annotation.PostConstruct");

    @ArchTest
    static void everyPackageIsNullMarked(JavaClasses imported) {
        Set<JavaPackage> packages = imported.stream().map(JavaClass::getPackage).collect(Collectors.toSet());
        assertThat(packages).allMatch(each -> each.isAnnotatedWith(NullMarked.class));
    }

    private static Set<String> slicesOf(JavaClasses imported) {
        return imported.stream()
                .map(JavaClass::getPackageName)
                .filter(name -> name.startsWith(ROOT + "."))
                .map(name -> name.substring(ROOT.length() + 1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static ArchRule onlyIn(String used, String... packages) {
        String[] allowed = new String[packages.length];
        for (int i = 0; i < packages.length; i++) {
            allowed[i] = in(packages[i]);
        }
        return noClasses().that(not(resideInAnyPackage(allowed))).should().dependOnClassesThat(resideInAPackage(used));
    }

    private static String in(String name) {
        return ROOT + "." + name + "..";
    }
}
