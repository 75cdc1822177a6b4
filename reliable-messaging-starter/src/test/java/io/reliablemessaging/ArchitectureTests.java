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
            entry(TEXT, Set.of()),
            entry("timing", Set.of()),
            entry("observers", Set.of()),
            entry("settings", Set.of()),
            entry("wire", Set.of("settings")),
            entry("tracing", Set.of("wire")),
            entry("retry", Set.of()),
            entry("schema", Set.of("settings")),
            entry("reachability", Set.of("wire", "retry", "schema")),
            entry("operationlog", Set.of("schema")),
            entry("outbox", Set.of("settings", "wire", "schema", "operationlog", "tracing", "reachability")),
            entry("relay", Set.of("settings", "operationlog", "outbox", "wire", "schema", "tracing", "reachability")),
            entry("audit", Set.of("settings")),
            entry("broker", Set.of("settings", "wire", "outbox", "audit", "reachability")),
            entry("database", Set.of("schema", "audit")),
            entry("inbox", Set.of("settings", "schema", "operationlog", "audit", "reachability")),
            entry("deadletter", Set.of("wire", "schema", "operationlog", "inbox", "outbox")),
            entry("handler", Set.of("settings", "wire", "tracing", "retry", "outbox", "inbox", "deadletter")),
            entry("delivery", Set.of("settings", "handler", "wire", "retry", "outbox", "inbox", "deadletter")),
            entry("consumer", Set.of("delivery", "wire", "retry", "broker", "inbox", "deadletter", "reachability")),
            entry(
                    "listener",
                    Set.of(
                            "settings",
                            "consumer",
                            "delivery",
                            "handler",
                            "wire",
                            "schema",
                            "tracing",
                            "reachability",
                            "outbox",
                            "broker",
                            "database",
                            "inbox",
                            "deadletter")),
            entry("metrics", Set.of("wire", "outbox", "relay", "inbox", "deadletter", "listener", "reachability")),
            entry(
                    "operations",
                    Set.of("schema", "outbox", "relay", "broker", "inbox", "deadletter", "listener", "reachability")),
            entry("actuate", Set.of()));

    /** All that one package shows to the others. Short on purpose: think before adding to it. */
    private static final Set<String> SEEN_BY_OTHERS = Set.of(
            "settings.Bounds",
            "settings.IllegalSettingException",
            "settings.StartupRefusal",
            "text.DurationText",
            "text.FailureText",
            "text.LogStyle",
            "text.LoggedFailure",
            "text.LoggingProperties",
            "text.ReadableLogger",
            "text.StartupNote",
            "text.StartupSummary",
            "timing.Backoff",
            "timing.PeriodicTask",
            "observers.ShieldedObservers",
            "tracing.MessageTracing",
            "tracing.Traced",
            "wire.AccessRefusal",
            "wire.ClientObserver",
            "wire.HeaderBytes",
            "wire.HostSettings",
            "wire.KafkaConnection",
            "wire.KeyText",
            "wire.MessageEncoder",
            "wire.PayloadCodec",
            "wire.WireHeaders",
            "wire.WireMessage",
            "retry.Attempts",
            "retry.FailureJudge",
            "retry.FailureKind",
            "retry.RedeliveryDecision",
            "retry.RedeliveryPolicy",
            "schema.AnsweringDataSource",
            "schema.AutoCommitDataSource",
            "schema.DatabaseAddress",
            "schema.HostConnections",
            "schema.MessagingDataSource",
            "schema.Schema",
            "schema.TableRights",
            "reachability.FailureLog",
            "reachability.Infrastructure",
            "reachability.OutageSuspicion",
            "reachability.QuestionPace",
            "reachability.Reachability",
            "reachability.WaitingMessages",
            "operationlog.OperationLog",
            "outbox.DelayedMessages",
            "outbox.EntityManagerFlush",
            "relay.LaneGrowth",
            "relay.LaneOwners",
            "relay.QuarantineReader",
            "relay.RelayState",
            "outbox.BacklogGuard",
            "outbox.LaneNotice",
            "outbox.Lanes",
            "outbox.Outbox",
            "outbox.OutboxBacklog",
            "outbox.OutboxLedger",
            "outbox.SentRecord",
            "outbox.OutboxReader",
            "outbox.OutboxReaders",
            "outbox.OutboxRecord",
            "outbox.OutboxRow",
            "outbox.OutboxSignal",
            "outbox.OutboxTable",
            "outbox.OutboxTransactionManagers",
            "outbox.ServerIdentity",
            "outbox.Preflight",
            "outbox.IdSequence",
            "outbox.OutboxConnections",
            "audit.Check",
            "audit.FindingCode",
            "broker.ClusterDiagnosis",
            "broker.RecordSearch",
            "broker.ListenedTopics",
            "broker.ShareGroups",
            "broker.TopicIds",
            "database.HandlerConnections",
            "inbox.Inbox",
            "deadletter.DeadLetterRecord",
            "inbox.InboxLedger",
            "inbox.Arrival",
            "inbox.Horizon",
            "inbox.InboxSize",
            "inbox.InboxStatistics",
            "inbox.ListenedPartition",
            "inbox.ListeningGroups",
            "inbox.PartitionStart",
            "inbox.PartitionWatch",
            "inbox.TransactionConnections",
            "inbox.Progress",
            "inbox.Taken",
            "deadletter.Claim",
            "deadletter.MakeDead",
            "deadletter.UnreadableRowException",
            "deadletter.ParkedMessages",
            "deadletter.ParkedQueues",
            "deadletter.ParkedSignal",
            "deadletter.SetAsideReader",
            "listener.Listeners",
            "consumer.Consumers",
            "consumer.ConsumerState",
            "consumer.HandlerThreads",
            "consumer.ListenerRun",
            "delivery.Answer",
            "delivery.BatchDelivery",
            "delivery.ConsumerDiedException",
            "delivery.CrashDetection",
            "delivery.Deliveries",
            "delivery.ListenerProperties",
            "delivery.ListenerSettings",
            "delivery.ListenerStores",
            "delivery.ListenersProperties",
            "delivery.LiveDelivery",
            "delivery.LiveMessage",
            "delivery.MessageText",
            "delivery.OnDead",
            "delivery.ParkedDelivery",
            "handler.Handler",
            "handler.HandlerFailedException",
            "handler.HandlerMethods",
            "handler.HandlerTransaction",
            "handler.HandlerTransactions",
            "handler.IllegalListenerException",
            "handler.InboxTransactionManager",
            "handler.Invocation",
            "schema.DatabaseProbe",
            "deadletter.Spent",
            "actuate.ReliableMessagingEndpoint",
            "deadletter.QueueId",
            "deadletter.ReceivedMessage");

    @ArchTest
    static final ArchRule packagesAreFreeOfCycles =
            slices().matching(ROOT + ".(*)..").should().beFreeOfCycles();

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
    static final ArchRule onlyTheRelayHasAProducer = onlyIn("org.apache.kafka.clients.producer..", "relay");

    @ArchTest
    static final ArchRule onlyConsumersHaveAConsumer = noClasses()
            .that()
            .resideOutsideOfPackages(in("consumer"), in("listener"))
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
            onlyIn("org.apache.kafka.clients.admin..", "broker", "reachability");

    @ArchTest
    static final ArchRule onlyTableOwnersHoldSql = onlyIn(
            "org.springframework.jdbc.core..",
            "schema",
            "operationlog",
            "outbox",
            "relay",
            "database",
            "inbox",
            "deadletter");

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
