package io.reliablemessaging.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.actuate.EndpointClient.Answer;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.support.Recorder;
import io.reliablemessaging.test.SharedServers;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.security.Principal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.JsonNode;

/** Every command over HTTP, with real servers: what it does, what it answers, and what it refuses. */
class EndpointCommandsIT {

    private static final String TOPIC = "commands-" + UUID.randomUUID();
    private static final String SMALL = "small-" + UUID.randomUUID();
    private static final String POISON = "x".repeat(2000);
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final String PROBLEM = "application/problem+json";

    private static final AtomicBoolean BROKEN = new AtomicBoolean();
    private static final List<String> HANDLED = new CopyOnWriteArrayList<>();

    private static ConfigurableApplicationContext application;
    private static EndpointClient endpoint;

    private final String key = "key-" + UUID.randomUUID();

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class Host {

        @Bean
        Handlers handlers() {
            return new Handlers();
        }

        @Bean
        Recorder recorder() {
            return new Recorder();
        }

        /** Logs in whoever says so, as a real one would after asking for a password. */
        @Bean
        Filter login() {
            return (request, response, chain) -> {
                String user = ((HttpServletRequest) request).getHeader("X-Test-User");
                chain.doFilter(user == null ? request : new LoggedIn((HttpServletRequest) request, user), response);
            };
        }
    }

    private static final class LoggedIn extends HttpServletRequestWrapper {

        private final String user;

        private LoggedIn(HttpServletRequest request, String user) {
            super(request);
            this.user = user;
        }

        @Override
        public Principal getUserPrincipal() {
            return () -> user;
        }
    }

    static class Handlers {

        @ReliableListener(id = "billing", topics = "${test.topic}", groupId = "billing")
        void bill(String payload) {
            if (BROKEN.get() && payload.startsWith("bad")) {
                throw new UnrecoverableMessageException("no price for it");
            }
            if (BROKEN.get() && payload.startsWith("later")) {
                throw new IllegalStateException("not yet");
            }
            HANDLED.add(payload);
        }
    }

    @BeforeAll
    static void start() {
        KafkaTopic created = KafkaTopic.create(
                SharedServers.kafka().bootstrapServers(), SMALL, 1, Map.of("max.message.bytes", "1500"));
        assertThat(created.name()).isEqualTo(SMALL);
        application = HostApplication.onSharedServers(Host.class)
                .with(
                        "spring.datasource.hikari.maximum-pool-size=12",
                        "spring.kafka.producer.properties.max.request.size=4000000",
                        "test.topic=" + TOPIC,
                        "reliable-messaging.topics." + TOPIC + ".partitions=1",
                        "reliable-messaging.listener.backoff.initial-delay=1h",
                        "reliable-messaging.listener.backoff.max-delay=1h",
                        "reliable-messaging.listeners.billing.dry-run=true",
                        "reliable-messaging.outbox.retention=1h",
                        "management.endpoints.web.exposure.include=reliablemessaging",
                        "management.endpoint.reliablemessaging.access=unrestricted")
                .serve();
        endpoint = new EndpointClient(application);
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    @BeforeEach
    void breakTheHandler() {
        BROKEN.set(true);
    }

    @Test
    void redrivesOneDeadLetter() {
        long id = deadLetter("bad price");
        BROKEN.set(false);
        Answer answer = endpoint.command("/dead-letters/" + id + "/redrive");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text("/answer")).contains("Dead letter " + id + " is redriven");
        awaitHandled("bad price");
        awaitGone(id);
        assertThat(logged("redrive dead letter")).isEqualTo("olive");
        assertThat(logEntry("redrive dead letter").at("/reason").asString()).startsWith("a test; failed 1 time");
    }

    @Test
    void editsADeadLetterByTextAndByBytes() {
        long text = deadLetter("bad text");
        assertThat(endpoint.command("/dead-letters/" + text + "/edit", "payload", "good text")
                        .status())
                .isEqualTo(200);
        awaitHandled("good text");
        long bytes = deadLetter("bad bytes");
        assertThat(endpoint.command("/dead-letters/" + bytes + "/edit", "payloadBase64", "Z29vZCBieXRlcw==")
                        .status())
                .isEqualTo(200);
        awaitHandled("good bytes");
        assertThat(logEntry("edit dead letter").at("/reason").asString()).isEqualTo("a test");
        long again = deadLetter("bad again");
        assertThat(endpoint.command("/dead-letters/" + again + "/edit", "payload", "bad secret", "header.a", "secret")
                        .status())
                .isEqualTo(200);
        JsonNode details = await().atMost(LIMIT)
                .until(
                        () -> endpoint.get("/dead-letters/" + again).body(),
                        found -> found.at("/failures").size() == 2);
        assertThat(details.at("/deadLetter/edited").asBoolean()).isTrue();
        assertThat(details.toString()).doesNotContain("secret");
        assertThat(details.at("/differences").isNull()).isTrue();
        assertThat(details.at("/originalHeaders").isNull()).isTrue();
        assertThat(detail(endpoint.command("/dead-letters/1/edit", "payload", "a", "payloadBase64", "YQ=="), 400))
                .contains("one of them");
        assertThat(detail(endpoint.command("/dead-letters/1/edit", "payloadBase64", "%"), 400))
                .contains("no Base64");
        assertThat(detail(endpoint.command("/dead-letters/1/edit"), 400))
                .contains("Nothing is edited", "header.<name>, withoutHeaders");
    }

    @Test
    void refusesAnEditThatAMessageCannotHave() {
        String path = "/dead-letters/" + deadLetter("bad 1") + "/edit";
        Answer identity = endpoint.command(path, "header.ce_id", "another");
        assertThat(detail(identity, 422)).contains("tells the identity of a message");
        assertThat(identity.text("/type")).isEqualTo("urn:reliable-messaging:refused");
        assertThat(detail(endpoint.command(path, "header.rm-message-id", "another"), 400))
                .contains("reserved");
        assertThat(detail(endpoint.command(path, "header.", "nameless"), 400)).contains("no field [header.]");
        assertThat(detail(endpoint.command(path, "header.a", "b", "withoutHeaders", "c, a"), 400))
                .contains("'a' is also set by 'header.a'");
        assertThat(detail(endpoint.command(path, "withoutHeaders", "a,,b"), 400))
                .contains("no name");
        assertThat(found()).hasSize(1);
    }

    @Test
    void triesADeadLetterOutAsItIsAndEdited() {
        String letter = "/dead-letters/" + deadLetter("bad 1");
        JsonNode asItIs = endpoint.command(letter + "/dry-run").body();
        assertThat(asItIs.at("/outcome").asString()).isEqualTo("WOULD_FAIL");
        assertThat(asItIs.at("/stage").asString()).isEqualTo("HANDLER");
        assertThat(asItIs.at("/errorMessage").asString()).isEqualTo("no price for it");
        assertThat(asItIs.at("/stackTrace").asString()).contains("EndpointCommandsIT");
        JsonNode edited = endpoint.command(letter + "/dry-run", "payload", "tried", "header.currency", "EUR")
                .body();
        assertThat(edited.at("/outcome").asString()).isEqualTo("WOULD_SUCCEED");
        assertThat(edited.at("/took").asString()).startsWith("PT");
        assertThat(edited.at("/published").asInt(-1)).isZero();
        assertThat(HANDLED).contains("tried");
        assertThat(logEntry("dry run of dead letter").at("/reason").asString()).isEqualTo("a test");
        JsonNode after = endpoint.get(letter).body();
        assertThat(after.at("/deadLetter/edited").asBoolean()).isFalse();
        assertThat(after.at("/failures")).hasSize(1);
    }

    @Test
    void findsDeadLettersByTheirFaultAndByWords() {
        deadLetter("bad 1");
        deadLetter("bad 2");
        JsonNode groups = endpoint.get("/failure-groups?key=" + key).body().at("/groups");
        assertThat(groups).hasSize(1);
        assertThat(groups.at("/0/dead").asInt()).isEqualTo(2);
        assertThat(groups.at("/0/group").asString()).isEqualTo("billing");
        assertThat(groups.at("/0/errorMessage").asString()).isEqualTo("no price for it");
        String fingerprint = groups.at("/0/fingerprint").asString();
        JsonNode letters = endpoint.get("/dead-letters?words=PRICE&key=%s&fingerprint=%s".formatted(key, fingerprint))
                .body()
                .at("/deadLetters");
        assertThat(letters).hasSize(2);
        assertThat(letters.at("/0/fingerprint").asString()).isEqualTo(fingerprint);
        assertThat(endpoint.get("/failure-groups?state=waiting&key=" + key)
                        .body()
                        .at("/groups"))
                .isEmpty();
        Answer other = endpoint.command("/dead-letters/discard", "key", key, "words", "teapot", "expected", 2);
        assertThat(detail(other, 409)).contains("0 messages match");
        Answer another =
                endpoint.command("/dead-letters/discard", "key", key, "fingerprint", "0123456789abcdef", "expected", 2);
        assertThat(detail(another, 409)).contains("0 messages match");
        JsonNode job = endpoint.command(
                        "/redrive-jobs", "key", key, "fingerprint", "0123456789abcdef", "words", "price")
                .body();
        assertThat(job.at("/expected").asInt()).isZero();
        assertThat(job.at("/filter/fingerprint").asString()).isEqualTo("0123456789abcdef");
        assertThat(job.at("/filter/words").asString()).isEqualTo("price");
    }

    @Test
    void discardsOneAndThenAsManyAsWereSeen() {
        long first = deadLetter("bad 1");
        deadLetter("bad 2");
        deadLetter("bad 3");
        assertThat(endpoint.command("/dead-letters/" + first + "/discard").status())
                .isEqualTo(200);
        awaitGone(first);
        Answer refused = endpoint.command("/dead-letters/discard", "key", key, "expected", 3);
        assertThat(detail(refused, 409)).contains("2 messages match, and 'expected' is 3");
        assertThat(found()).hasSize(2);
        Answer done = endpoint.command("/dead-letters/discard", "key", key, "expected", 2);
        assertThat(done.body().at("/changed").asInt()).isEqualTo(2);
        assertThat(found()).isEmpty();
    }

    @Test
    void makesParkedMessagesDeadLetters() {
        long first = parked("later 1");
        assertThat(endpoint.command("/dead-letters/" + first + "/make-dead").status())
                .isEqualTo(200);
        assertThat(endpoint.get("/dead-letters/" + first).text("/deadLetter/state"))
                .isEqualTo("DEAD");
        parked("later 2");
        Answer all = endpoint.command("/dead-letters/make-dead", "key", key, "expected", 1);
        assertThat(all.body().at("/changed").asInt()).isEqualTo(1);
        assertThat(found()).hasSize(2);
        long place = parked("later 3");
        JsonNode letter = endpoint.get("/dead-letters/" + place).body().at("/deadLetter");
        Answer byPlace = endpoint.command(
                "/records/make-dead",
                "group",
                "billing",
                "topic",
                TOPIC,
                "partition",
                letter.at("/partition").asInt(),
                "offset",
                letter.at("/offset").asLong());
        assertThat(byPlace.status()).isEqualTo(200);
        assertThat(endpoint.get("/dead-letters/" + place).text("/deadLetter/state"))
                .isEqualTo("DEAD");
    }

    @Test
    void listsDeadLettersPageByPageWithoutTheirContent() {
        long first = deadLetter("bad 1");
        long second = deadLetter("bad 2");
        JsonNode page = endpoint.get("/dead-letters?limit=1&key=" + key).body();
        assertThat(page.at("/deadLetters")).hasSize(1);
        assertThat(page.at("/deadLetters/0/id").asLong()).isEqualTo(first);
        assertThat(page.at("/deadLetters/0/errorMessage").asString()).contains("no price");
        assertThat(page.at("/next").asLong()).isEqualTo(first);
        JsonNode next = endpoint.get("/dead-letters?limit=10&key=" + key + "&after=" + first)
                .body();
        assertThat(next.at("/deadLetters/0/id").asLong()).isEqualTo(second);
        assertThat(next.at("/next").isNull()).isTrue();
        assertThat(endpoint.get("/dead-letters?errorClass=NoSuchException&key=" + key)
                        .body()
                        .at("/deadLetters"))
                .isEmpty();
        Answer details = endpoint.get("/dead-letters/" + first);
        assertThat(details.body().at("/payload/bytes").asInt()).isEqualTo(5);
        assertThat(details.body().toString()).doesNotContain("bad 1", key, "YmFkIDE=", "rm-message-id");
        assertThat(details.body().at("/failures")).hasSize(1);
    }

    @Test
    void runsAJobToItsEnd() {
        deadLetter("bad 1");
        deadLetter("bad 2");
        BROKEN.set(false);
        Answer started = endpoint.command(
                "/redrive-jobs", "group", "billing", "key", key, "mode", "canary", "perSecond", 50, "stopAbove", 0.5);
        assertThat(started.status()).isEqualTo(201);
        assertThat(started.body().at("/expected").asInt()).isEqualTo(2);
        assertThat(started.text("/mode")).isEqualTo("CANARY");
        assertThat(started.text("/who")).isEqualTo("olive");
        assertThat(started.body().at("/filter/group").asString()).isEqualTo("billing");
        assertThat(started.body().toString()).doesNotContain(key);
        String path = "/redrive-jobs/" + started.body().at("/id").asLong();
        await().atMost(LIMIT).until(() -> endpoint.get(path).text("/state").equals("DONE"));
        assertThat(endpoint.get(path).body().at("/succeeded").asInt()).isEqualTo(2);
        assertThat(detail(endpoint.command(path + "/cancel"), 409)).contains("is DONE");
    }

    @Test
    void pausesResumesAndCancelsAJob() {
        deadLetter("bad 1");
        deadLetter("bad 2");
        deadLetter("bad 3");
        Answer started = endpoint.command("/redrive-jobs", "key", key, "perSecond", 1, "mostRounds", "none");
        assertThat(started.body().at("/mostRounds").isNull()).isTrue();
        String path = "/redrive-jobs/" + started.body().at("/id").asLong();
        assertThat(endpoint.command(path + "/pause").text("/state")).isEqualTo("PAUSED");
        assertThat(endpoint.command(path + "/resume").text("/state")).isEqualTo("RUNNING");
        assertThat(endpoint.command(path + "/cancel").text("/state")).isEqualTo("STOPPED");
        JsonNode page = endpoint.get("/redrive-jobs?limit=1").body();
        assertThat(page.at("/jobs")).hasSize(1);
        assertThat(endpoint.get("/redrive-jobs?limit=5&before="
                                + started.body().at("/id").asLong())
                        .body()
                        .at("/jobs"))
                .noneMatch(job ->
                        job.at("/id").asLong() >= started.body().at("/id").asLong());
    }

    @Test
    void aFilterThatIsMisspeltEmptyOrMissingStartsNoJob() {
        int before = jobs();
        assertThat(detail(endpoint.command("/redrive-jobs", "gruop", "billing"), 400))
                .contains("no field [gruop]")
                .contains("errorClass, fingerprint, group, key");
        assertThat(detail(endpoint.command("/redrive-jobs", "group", "billing", "error-class", "X"), 400))
                .contains("[error-class]");
        assertThat(detail(endpoint.command("/redrive-jobs", "group", ""), 400)).contains("'group' is empty");
        assertThat(detail(endpoint.post("/redrive-jobs", "{\"group\": null, \"reason\": \"r\", \"who\": \"o\"}"), 400))
                .contains("'group' is null");
        assertThat(detail(endpoint.command("/redrive-jobs?group=a&group=b"), 400))
                .contains("more than once");
        assertThat(detail(endpoint.command("/redrive-jobs"), 400)).contains("at least one of", "\"all\": true");
        assertThat(detail(endpoint.command("/redrive-jobs", "group", "billing", "all", true), 400))
                .contains("leave 'all' out");
        assertThat(endpoint.post("/redrive-jobs", "{\"filter\": {\"group\": \"billing\"}}")
                        .status())
                .isEqualTo(400);
        assertThat(jobs()).isEqualTo(before);
        assertThat(endpoint.command("/redrive-jobs", "all", true).status()).isEqualTo(201);
    }

    @Test
    void everyCommandSaysWhoAndWhy() {
        assertThat(detail(endpoint.post("/redrive-jobs", "{\"all\": \"true\", \"who\": \"olive\"}"), 400))
                .contains("'reason' is missing");
        assertThat(detail(endpoint.post("/redrive-jobs", "{\"all\": \"true\", \"reason\": \"r\"}"), 400))
                .contains("'who' is missing: nobody is logged in");
        String reason = "{\"all\": \"true\", \"reason\": \"r\"}";
        Answer byLogin = endpoint.post("/redrive-jobs", reason, "X-Test-User", "popeye");
        assertThat(byLogin.text("/who")).isEqualTo("popeye");
        String lie = "{\"all\": \"true\", \"reason\": \"r\", \"who\": \"olive\"}";
        assertThat(detail(endpoint.post("/redrive-jobs", lie, "X-Test-User", "popeye"), 400))
                .contains("'popeye' is logged in");
    }

    @Test
    void aFormOfAnotherSiteIsNoCommand() {
        int before = jobs();
        Answer form = endpoint.postForm("/redrive-jobs", "all=true&reason=r&who=olive");
        assertThat(form.status()).isEqualTo(415);
        assertThat(jobs()).isEqualTo(before);
    }

    @Test
    void aFieldOfTheBodyCannotChangeThePath() {
        long id = deadLetter("bad 1");
        Answer forged = endpoint.command("/dead-letters/" + id + "/redrive", "path", "dead-letters," + id + ",discard");
        assertThat(forged.status()).isEqualTo(400);
        assertThat(endpoint.command("/dead-letters/" + id + "/redrive", "id", "1")
                        .status())
                .isEqualTo(400);
        assertThat(found()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "/dead-letters/-1/redrive, There is no dead letter -1",
        "/dead-letters/999999/edit, There is no dead letter 999999",
        "/dead-letters/999999/dry-run, There is no dead letter 999999",
        "/dead-letters/999999/discard, There is no dead letter 999999",
        "/dead-letters/999999/make-dead, There is no dead letter 999999",
        "/redrive-jobs/999999/pause, There is no redrive job 999999",
        "/redrive-jobs/999999/resume, There is no redrive job 999999",
        "/listeners/shipping/pause, This instance has no listener",
        "/listeners/shipping/resume, It has [billing]",
        "/delayed-messages/01939b7e-8d3a-7cc1-9d0f-6f3d1f0b2c4a/send-now, is not delayed",
        "/delayed-messages/01939b7e-8d3a-7cc1-9d0f-6f3d1f0b2c4a/cancel, is not delayed",
        "/quarantine/01939b7e-8d3a-7cc1-9d0f-6f3d1f0b2c4a/release, is not the first quarantined message",
        "/dead-letters/1/bury, There is no /dead-letters/1/bury here",
        "/letters, Paths begin with one of"
    })
    void commandsForWhatDoesNotExistAreNotFound(String path, String detail) {
        Answer answer = path.endsWith("edit") ? endpoint.command(path, "payload", "new") : endpoint.command(path);
        assertThat(detail(answer, 404)).contains(detail);
        assertThat(answer.text("/title")).isEqualTo("Not found");
        assertThat(answer.text("/type")).isEqualTo("urn:reliable-messaging:not-found");
    }

    @ParameterizedTest
    @CsvSource({
        "/dead-letters/999999, 404, no dead letter 999999",
        "/redrive-jobs/999999, 404, no redrive job 999999",
        "/listeners/shipping, 404, It has [billing]",
        "/teapot, 400, is no message id",
        "/dead-letters/seventeen, 400, it must be a number",
        "/dead-letters?limit=0, 400, from 1 to 1000",
        "/dead-letters?limit=many, 400, it must be a whole number",
        "/dead-letters?state=gone, 400, '[waiting, dead]'",
        "/dead-letters?parkedAfter=yesterday, 400, it must be a time such as",
        "/dead-letters?words=!, 400, have neither letters nor digits",
        "/delayed-messages?key=7, 400, Name the topic of the key",
        "/dead-letters?color=red, 400, takes no field [color]",
        "/dead-letters/1/redrive, 405, does not answer GET. There is: [POST /dead-letters/{id}/redrive]"
    })
    void questionsThatCannotBeAnsweredSayWhy(String path, int status, String detail) {
        assertThat(detail(endpoint.get(path), status))
                .contains(detail.replace("'[", "[").replace("]'", "]"));
    }

    @Test
    void aDeadLetterInAnotherStateIsAConflict() {
        long id = parked("later 1");
        assertThat(detail(endpoint.command("/dead-letters/" + id + "/discard"), 409))
                .contains("it is not a dead letter yet");
    }

    @Test
    void showsWhatPeopleDidPageByPage() {
        long first = deadLetter("bad 1");
        long second = deadLetter("bad 2");
        String id = endpoint.get("/dead-letters/" + first).text("/deadLetter/messageId");
        String path = "/dead-letters/%d/discard";
        String byPopeye = "{\"reason\": \"spoilt\", \"who\": \"popeye\"}";
        assertThat(endpoint.post(path.formatted(first), byPopeye).status()).isEqualTo(200);
        assertThat(endpoint.post(path.formatted(second), byPopeye).status()).isEqualTo(200);
        JsonNode newest = endpoint.get("/log?who=popeye&action=discard%20dead%20letter&limit=1")
                .body();
        assertThat(newest.at("/entries")).hasSize(1);
        JsonNode next = endpoint.get(
                        "/log?who=popeye&limit=1&before=" + newest.at("/next").asLong())
                .body();
        assertThat(next.at("/entries/0/target").asString()).isEqualTo(TOPIC + " billing " + id);
        assertThat(next.at("/entries/0/reason").asString()).startsWith("spoilt");
        assertThat(next.at("/entries/0/id").asLong())
                .isLessThan(newest.at("/entries/0/id").asLong());
        Answer byTarget = endpoint.get("/log?target=" + (TOPIC + " billing " + id).replace(" ", "%20"));
        assertThat(byTarget.body().at("/entries")).hasSize(1);
        assertThat(byTarget.body().at("/next").isNull()).isTrue();
    }

    @Test
    void showsListeners() {
        assertThat(endpoint.get("/listeners").body().at("/listeners/0/id").asString())
                .isEqualTo("billing");
        assertThat(endpoint.get("/listeners/billing").text("/group")).isEqualTo("billing");
    }

    @Test
    void pausesAListenerAndHasItGoOn() {
        Answer paused = endpoint.command("/listeners/billing/pause");
        try {
            assertThat(paused.text("/answer")).contains("Listener billing is paused");
            assertThat(endpoint.command("/listeners/billing/pause")
                            .body()
                            .at("/changed")
                            .asInt(-1))
                    .isZero();
            JsonNode listener = endpoint.get("/listeners/billing").body();
            assertThat(listener.at("/state").asString()).isEqualTo("PAUSED");
            assertThat(listener.at("/pause/reason").asString()).isEqualTo("a test");
            assertThat(listener.at("/pause/who").asString()).isEqualTo("olive");
        } finally {
            Answer resumed = endpoint.command("/listeners/billing/resume");
            assertThat(resumed.body().at("/changed").asInt()).isEqualTo(1);
        }
        assertThat(endpoint.command("/listeners/billing/resume").text("/answer"))
                .contains("was not paused");
        publish(TOPIC, "after the pause");
        awaitHandled("after the pause");
    }

    @Test
    void sendsDelayedMessagesNowAndCancelsThem() {
        publishDelayed("delayed 1", "delayed 2", "delayed 3");
        String path = "/delayed-messages?topic=%s&key=%s".formatted(TOPIC, key);
        JsonNode page = endpoint.get(path + "&limit=2").body();
        assertThat(page.at("/delayedMessages")).hasSize(2);
        assertThat(page.toString()).doesNotContain(key);
        JsonNode next =
                endpoint.get(path + "&after=" + page.at("/next").asLong()).body();
        assertThat(next.at("/delayedMessages")).hasSize(1);
        assertThat(next.at("/next").isNull()).isTrue();
        String second = "/delayed-messages/" + page.at("/delayedMessages/1/id").asString();
        assertThat(endpoint.command(second + "/send-now").text("/answer")).contains("will be sent");
        awaitHandled("delayed 2");
        String third = "/delayed-messages/" + next.at("/delayedMessages/0/id").asString();
        assertThat(endpoint.command(third + "/cancel").text("/answer")).contains("is cancelled");
        assertThat(endpoint.get(path).body().at("/delayedMessages")).hasSize(1);
        assertThat(detail(endpoint.command(third + "/cancel"), 404)).contains("is not delayed");
        assertThat(logEntry("cancel delayed message").at("/reason").asString()).isEqualTo("a test");
    }

    @Test
    void tellsStillWhereAMessageIs() {
        deadLetter("bad 1");
        String id = endpoint.get("/dead-letters?key=" + key).text("/deadLetters/0/messageId");
        assertThat(endpoint.get("/" + id).text("/answer")).contains("dead letter in billing");
        assertThat(endpoint.get("").body().at("/relay/running").asBoolean()).isTrue();
    }

    @Test
    void decidesAboutQuarantinedMessages() {
        assertThat(quarantined("/release")).contains("2 messages will be sent");
        assertThat(quarantined("/skip")).contains("1 later ones will be sent");
        assertThat(quarantined("/discard")).contains("2 messages are discarded");
        assertThat(logged("discard quarantined")).isEqualTo("olive");
        for (String action : List.of("release quarantined", "skip quarantined", "discard quarantined")) {
            assertThat(logEntry(action).at("/reason").asString()).isEqualTo("a test");
            assertThat(logEntry(action).at("/target").isNull()).isTrue();
        }
    }

    @Test
    void publishesSentMessagesAgain() {
        publish(TOPIC, "replayed");
        awaitHandled("replayed");
        Answer answer = endpoint.command(
                "/outbox/replay",
                "topic",
                TOPIC,
                "key",
                key,
                "from",
                "2020-01-01T00:00:00Z",
                "until",
                "2100-01-01T00:00:00Z");
        assertThat(answer.body().at("/changed").asInt()).isEqualTo(1);
        assertThat(logEntry("replay").at("/reason").asString()).isEqualTo("a test");
        assertThat(logEntry("replay").toString()).doesNotContain(key);
        assertThat(detail(endpoint.command("/outbox/replay", "topic", TOPIC), 400))
                .contains("'from' is missing");
    }

    @Test
    void leavesOutARecord() {
        Answer answer = endpoint.command(
                "/records/skip", "group", "billing", "topic", TOPIC, "partition", 0, "offset", 1_000_000);
        assertThat(answer.text("/answer")).contains("leaves out " + TOPIC + "-0@1000000");
        assertThat(logEntry("skip offset").at("/reason").asString()).isEqualTo("a test");
        Answer unknown =
                endpoint.command("/records/skip", "group", "nobody", "topic", TOPIC, "partition", 0, "offset", 1);
        assertThat(detail(unknown, 400)).contains("No listener of this instance");
    }

    @Test
    void growsLanesOnlyWhileNothingIsSent() {
        assertThat(detail(endpoint.command("/lanes/grow", "lanes", 64), 409)).contains("nothing was changed");
        assertThat(detail(endpoint.command("/lanes/grow", "lanes", 100_000), 400))
                .contains("largest number");
    }

    private long deadLetter(String payload) {
        return failed(payload, "dead");
    }

    private long parked(String payload) {
        return failed(payload, "waiting");
    }

    /** Publishes a message that fails, and returns its number. */
    private long failed(String payload, String state) {
        String path = "/dead-letters?key=%s&state=%s".formatted(key, state);
        int before = endpoint.get(path).body().at("/deadLetters").size();
        publish(TOPIC, payload);
        return await().atMost(LIMIT)
                .until(() -> endpoint.get(path).body().at("/deadLetters"), letters -> letters.size() > before)
                .get(before)
                .at("/id")
                .asLong();
    }

    private JsonNode found() {
        return endpoint.get("/dead-letters?key=" + key).body().at("/deadLetters");
    }

    private void publish(String topic, String... payloads) {
        application.getBean(TransactionTemplate.class).executeWithoutResult(status -> {
            for (String payload : payloads) {
                application
                        .getBean(MessagePublisher.class)
                        .publish(OutgoingMessage.to(topic)
                                .key(key)
                                .payload(payload)
                                .build());
            }
        });
    }

    private void publishDelayed(String... payloads) {
        application.getBean(TransactionTemplate.class).executeWithoutResult(status -> {
            for (String payload : payloads) {
                application
                        .getBean(MessagePublisher.class)
                        .publish(OutgoingMessage.to(TOPIC)
                                .key(key)
                                .payload(payload)
                                .deliverAt(Instant.now().plus(Duration.ofHours(1)))
                                .build());
            }
        });
    }

    private static void awaitHandled(String payload) {
        await().atMost(LIMIT).until(() -> HANDLED.contains(payload));
    }

    private static void awaitGone(long id) {
        await().atMost(LIMIT).until(() -> endpoint.get("/dead-letters/" + id).status() == 404);
    }

    /** Has two messages of a key quarantined, gives a command, and returns its answer. */
    private String quarantined(String command) {
        publish(SMALL, POISON, "behind");
        JsonNode first = await().atMost(LIMIT)
                .until(
                        () -> endpoint.get("/quarantine").body().at("/quarantined/0"),
                        found -> found.at("/messages").asInt() == 2
                                && !found.at("/released").asBoolean());
        assertThat(first.at("/key").isNull()).isTrue();
        String path = "/quarantine/" + first.at("/first").asString();
        Answer answer = endpoint.command(path + command);
        assertThat(answer.status()).isEqualTo(200);
        // what was released and refused again must not meet the next command
        if (command.equals("/release")) {
            await().atMost(LIMIT)
                    .until(() -> !endpoint.get("/quarantine")
                            .body()
                            .at("/quarantined/0/released")
                            .asBoolean());
            assertThat(endpoint.command(path + "/discard").status()).isEqualTo(200);
        }
        await().atMost(LIMIT)
                .until(() -> endpoint.get("/quarantine").body().at("/keys").asInt() == 0);
        return answer.text("/answer");
    }

    private static String detail(Answer answer, int status) {
        assertThat(answer.status()).as(answer.body().toString()).isEqualTo(status);
        assertThat(answer.contentType()).startsWith(PROBLEM);
        assertThat(answer.body().at("/status").asInt()).isEqualTo(status);
        return answer.text("/detail");
    }

    private static int jobs() {
        return endpoint.get("/redrive-jobs?limit=1000").body().at("/jobs").size();
    }

    /** The entry of the last command of this kind, as the endpoint shows it. */
    private static JsonNode logEntry(String action) {
        return endpoint.get("/log?limit=1&who=olive&action=" + action.replace(" ", "%20"))
                .body()
                .at("/entries/0");
    }

    /** Who has last done that. */
    private static String logged(String action) {
        return application
                .getBean(JdbcTemplate.class)
                .queryForObject(
                        "select who from reliable_messaging.operation_log where action = ? order by id desc limit 1",
                        String.class,
                        action);
    }
}
