package io.reliablemessaging.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class FailureTextTests {

    @Test
    void saysWhatAStackTraceSays() {
        IllegalStateException thrown = new IllegalStateException("no stock", new ArithmeticException("minus 1"));
        thrown.addSuppressed(new java.io.IOException("closed", new java.net.SocketException("reset")));
        FailureText text = FailureText.of(thrown);
        assertThat(text.type()).isEqualTo("java.lang.IllegalStateException");
        assertThat(text.message()).isEqualTo("no stock");
        assertThat(text).hasToString("java.lang.IllegalStateException: no stock");
        assertThat(text.stackTrace())
                .startsWith("java.lang.IllegalStateException: no stock\n\tat " + FailureTextTests.class.getName())
                .contains("\nCaused by: java.lang.ArithmeticException: minus 1\n\tat ")
                .contains("\n\tSuppressed: java.io.IOException: closed\n\t\tat ")
                .contains("\n\tCaused by: java.net.SocketException: reset\n\t\tat ");
    }

    @Test
    void whatNoDatabaseHoldsIsEscaped() {
        String half = "half \ud83d, whole \ud83d\ude00, nul \0, bell \u0007, line\n";
        FailureText text = FailureText.of(new IllegalStateException(half));
        assertThat(text.message()).isEqualTo("half \\ud83d, whole \ud83d\ude00, nul \\0, bell \\u0007, line\n");
        assertThat(text.stackTrace()).contains("half \\ud83d, whole \ud83d\ude00, nul \\0");
        assertThat(FailureText.of(new IllegalStateException((String) null)).message())
                .isNull();
    }

    @Test
    void aMessageOfMegabytesIsCutAndSaysSo() {
        FailureText text = FailureText.of(new IllegalStateException("x".repeat(30_000_000)));
        assertThat(text.message()).hasSize(FailureText.LONGEST_MESSAGE).endsWith("x... (30000000 characters)");
        assertThat(text.stackTrace()).hasSizeLessThanOrEqualTo(FailureText.LONGEST_STACK_TRACE);
    }

    @Test
    void noCharacterIsCutInHalfWhereverTheCutIs() throws CharacterCodingException {
        String odd = "a\ud83d\ude00b\0\u00fc\ud83d";
        for (int most = 0; most < 80; most++) {
            String cut = FailureText.storable(odd.repeat(20), most);
            assertThat(cut).hasSizeLessThanOrEqualTo(most);
            StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(cut));
        }
        assertThat(FailureText.storable("just so", 7)).isEqualTo("just so");
    }

    @Test
    void ofThousandsOfCausesTheFirstAndTheLastAreKept() {
        Throwable thrown = new IllegalStateException("root cause");
        for (int i = 2_999; i >= 0; i--) {
            thrown = new IllegalStateException("cause " + i, thrown);
        }
        String trace = FailureText.of(thrown).stackTrace();
        assertThat(trace)
                .hasSizeLessThanOrEqualTo(FailureText.LONGEST_STACK_TRACE)
                .startsWith("java.lang.IllegalStateException: cause 0\n\tat ")
                .contains("... 2981 causes left out\n")
                .contains("\nCaused by: java.lang.IllegalStateException: root cause\n\tat "
                        + getClass().getName());
    }

    @Test
    void aCircleOfCausesEnds() {
        IllegalStateException first = new IllegalStateException("first");
        IllegalArgumentException second = new IllegalArgumentException("second", first);
        first.initCause(second);
        second.addSuppressed(first);
        assertThat(FailureText.of(first).stackTrace())
                .containsOnlyOnce("IllegalStateException: first")
                .containsOnlyOnce("IllegalArgumentException: second");
    }

    @Test
    void aTreeOfSuppressedExceptionsIsBounded() {
        assertThat(FailureText.of(tree(6)).stackTrace()).hasSizeLessThanOrEqualTo(FailureText.LONGEST_STACK_TRACE);
    }

    @Test
    void framesOfTheApplicationAreKept() {
        StackTraceElement[] frames = new StackTraceElement[1_500];
        for (int i = 0; i < frames.length; i++) {
            frames[i] = new StackTraceElement("org.springframework.Long" + "er".repeat(20), "call", "Long.java", i);
        }
        frames[1_200] = new StackTraceElement("shop.Orders", "place", "Orders.java", 42);
        IllegalStateException thrown = new IllegalStateException("deep");
        thrown.setStackTrace(frames);
        assertThat(FailureText.of(thrown).stackTrace())
                .contains("\tat shop.Orders.place(Orders.java:42)\n")
                .containsPattern("\t... \\d+ more\n$")
                .hasSizeLessThanOrEqualTo(FailureText.LONGEST_STACK_TRACE);
    }

    @Test
    void anExceptionWhoseMethodsThrowIsToldWithoutThem() {
        FailureText text = FailureText.of(new Rude());
        assertThat(text.type()).isEqualTo(Rude.class.getName());
        assertThat(text.message()).isEqualTo("(its message cannot be read: java.lang.StackOverflowError)");
        assertThat(text.stackTrace()).startsWith(Rude.class.getName());
    }

    @Test
    void aChainThatIsMadeWhileItIsWalkedThroughEnds() {
        assertThat(FailureText.of(new Endless()).stackTrace())
                .hasSizeLessThanOrEqualTo(FailureText.LONGEST_STACK_TRACE);
    }

    @Test
    void theLeastOfItIsTheNameOfItsClass() {
        FailureText text = FailureText.minimal(new IllegalStateException("no stock"));
        assertThat(text.type()).isEqualTo("java.lang.IllegalStateException");
        assertThat(text.message()).isNull();
        assertThat(text.stackTrace()).isNull();
    }

    private static Throwable tree(int depth) {
        IllegalStateException thrown = new IllegalStateException("x".repeat(10_000));
        for (int i = 0; i < depth; i++) {
            thrown.addSuppressed(tree(depth - 1));
        }
        return thrown;
    }

    private static final class Endless extends RuntimeException {
        @Override
        public synchronized Throwable getCause() {
            return new Endless();
        }
    }

    private static final class Rude extends RuntimeException {
        @Override
        public String getMessage() {
            throw new StackOverflowError();
        }

        @Override
        public synchronized Throwable getCause() {
            throw new IllegalStateException("rude");
        }

        @Override
        public StackTraceElement[] getStackTrace() {
            throw new IllegalStateException("rude");
        }

        @Override
        public String toString() {
            throw new IllegalStateException("rude");
        }
    }
}
