package io.reliablemessaging.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The page, as a person sees it who has started the sample with its own servers. */
@EnabledIf("io.reliablemessaging.sample.Browser#installed")
class PageIT {

    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** Texts that contrast less than 4.5 : 1 with what is behind them, as WCAG 2 counts. */
    private static final String FAINT = """
            (() => {
              const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d');
              const rgb = color => {
                canvas.clearRect(0, 0, 1, 1);
                canvas.fillStyle = color;
                canvas.fillRect(0, 0, 1, 1);
                return [...canvas.getImageData(0, 0, 1, 1).data];
              };
              const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
                .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
                .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
              const behind = element => {
                const color = rgb(getComputedStyle(element).backgroundColor);
                return color[3] === 255 || !element.parentElement ? color : behind(element.parentElement);
              };
              document.getAnimations().forEach(each => each.finish());
              return [...document.querySelectorAll('body *')]
                .filter(each => each.checkVisibility() && [...each.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
                .filter(each => {
                  const [one, other] = [light(rgb(getComputedStyle(each).color)), light(behind(each))];
                  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05) < 4.5;
                }).map(each => each.textContent).join('; ');
            })()""";

    @TempDir
    static Path directory;

    static ShopProcess process;
    static Browser browser;

    String address;

    @BeforeAll
    static void start() throws Exception {
        process = ShopProcess.startWithServers(directory.resolve("shop.log"));
        browser = Browser.start(Files.createDirectory(directory.resolve("profile")));
    }

    @AfterAll
    static void stop() throws Exception {
        browser.close();
        process.close();
    }

    @BeforeEach
    void open() throws Exception {
        address = "http://localhost:" + process.port() + "/";
        browser.resize(1280, 900);
        browser.open(address);
        browser.awaitTrue("document.body.dataset.connection === 'live' && !isNaN(%s)".formatted(number("published")));
    }

    @AfterEach
    void unblock() {
        browser.block();
    }

    @Test
    void showsNoNumberBeforeItKnowsOne() {
        browser.block("*/dashboard/live");
        browser.open(address + "?blocked");

        browser.awaitTrue("document.getElementById('connection').textContent === 'the shop does not answer'");
        assertThat(browser.ask("[...document.querySelectorAll('b')].every(each => each.textContent === '–')")
                        .asBoolean())
                .isTrue();
        assertThat(browser.ask(
                                "[...document.querySelectorAll('article ol')].every(each => each.innerText === 'Connecting …')")
                        .asBoolean())
                .isTrue();
        assertThat(browser.ask("document.getElementById('stop-kafka').hidden").asBoolean())
                .isTrue();
    }

    @Test
    void countsAnOrderOnItsWay() {
        int published = shown("published");
        int done = shown("done");

        click("good");

        browser.awaitTrue("%s == %d".formatted(number("published"), published + 1));
        browser.awaitTrue("%s >= %d".formatted(number("done"), done + 2));
        browser.awaitTrue(number("outbox") + " == 0");
        assertThat(said()).contains("is committed");
    }

    @Test
    void tellsThatNothingHappenedWhereATransactionWasRolledBack() {
        int published = shown("published");

        click("unicorn");

        browser.awaitTrue("document.getElementById('said').className === 'warn'");
        assertThat(said()).contains("rolled back");
        assertThat(shown("published")).isEqualTo(published);
    }

    @Test
    void leadsFromAPoisonedOrderToItsDeadLetterAndBackByTheKeyboardAlone() {
        press("poisoned");
        browser.awaitTrue("document.querySelector('#retries .pips')?.textContent.startsWith('●')");
        browser.awaitTrue("document.querySelector('#dead-letters li button') !== null");
        browser.awaitTrue(
                "document.querySelector('#retries .ending.bad')?.textContent === '✕ Dead letter after 5 attempts'");

        browser.ask("document.querySelector('#dead-letters li button').focus()");
        browser.press("Enter");
        browser.awaitTrue("document.querySelector('#dead-letters .fixed')?.textContent === '✓ Address added'");
        browser.ask("document.querySelector('#dead-letters li button').focus()");
        browser.press("Enter");

        browser.awaitTrue("document.getElementById('said').textContent.endsWith('notifications handled it: done.')");
        assertThat(browser.ask("document.querySelector('#dead-letters .ending.good').textContent")
                        .asString())
                .isEqualTo("✓ Sent again, and handled by notifications");
        assertThat(browser.ask("document.querySelector('#retries .ending.good').textContent")
                        .asString())
                .isEqualTo("✓ Handled after it was sent again");
        assertThat(shown("dead")).isZero();
        assertThat(browser.ask("document.activeElement.id").asString()).isEqualTo("dead-letters");
    }

    @Test
    void keepsOrdersWhileKafkaIsStoppedAndShipsThemAfterwards() {
        click("stop-kafka");
        browser.awaitTrue("document.querySelector('#kafka small').textContent.startsWith('stopped, back in ')");
        int done = shown("done");

        await().atMost(LIMIT)
                .until(
                        () -> { // until it is really stopped, they get through
                            click("good");
                            return shown("outbox") > 1;
                        });

        browser.awaitTrue("document.querySelector('#kafka small').textContent === 'messages sent'");
        browser.awaitTrue(number("outbox") + " == 0");
        browser.awaitTrue("%s >= %d".formatted(number("done"), done + 2));
    }

    @Test
    void makesOneShipmentOfAMessageThatKafkaDeliversTwice() {
        int done = shown("done");
        click("good");
        browser.awaitTrue("%s >= %d".formatted(number("done"), done + 2));
        int shipments = shop().shown("shipments").size();
        long duplicates = shop().dashboard().at("/way/passed/duplicates").asLong();

        click("deliver-again");

        browser.awaitTrue(
                "document.querySelector('#done small').textContent.includes('%d\u00a0duplicates\u00a0dropped')"
                        .formatted(duplicates + 2));
        assertThat(shop().shown("shipments")).hasSize(shipments);
        assertThat(said()).contains("nothing is done twice");
    }

    @Test
    void letsTheKeyboardReachEveryButtonInOrder() {
        browser.ask("document.querySelector('#dead a').focus()");

        List<String> reached = IntStream.range(0, 5)
                .mapToObj(each -> {
                    browser.press("Tab");
                    return browser.ask("document.activeElement.id").asString();
                })
                .toList();

        assertThat(reached).containsExactly("good", "poisoned", "unicorn", "stop-kafka", "deliver-again");
    }

    @ParameterizedTest
    @CsvSource({"360, light", "360, dark", "1280, light", "1280, dark"})
    void canBeReadOnPhoneAndDesktop(int width, String colors) {
        browser.resize(width, 740);
        browser.prefer(colors);

        assertThat(browser.ask("document.documentElement.scrollWidth").asInt()).isLessThanOrEqualTo(width);
        assertThat(browser.ask("[...document.querySelectorAll('article')].map(each => each.id)[0]")
                        .asString())
                .isEqualTo("dead-letters");
        assertThat(browser.ask(FAINT).asString())
                .as("texts of too little contrast")
                .isEmpty();
        assertThat(browser.ask("""
                        [...document.querySelectorAll('button')].every(each => each.offsetHeight >= 28
                          && getComputedStyle(each).borderTopStyle === 'solid'
                          && getComputedStyle(each).boxShadow !== 'none')""").asBoolean()).as("buttons look like buttons").isTrue();
    }

    private static Shop shop() {
        try {
            return process.shop();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void click(String button) {
        browser.ask("document.getElementById('%s').click()".formatted(button));
    }

    private static void press(String button) {
        browser.ask("document.getElementById('%s').focus()".formatted(button));
        browser.press("Enter");
    }

    private static String number(String stage) {
        return "document.querySelector('#%s b').textContent".formatted(stage);
    }

    private static int shown(String stage) {
        return Integer.parseInt(browser.ask(number(stage)).asString());
    }

    private static String said() {
        return browser.ask("document.getElementById('said').textContent").asString();
    }
}
