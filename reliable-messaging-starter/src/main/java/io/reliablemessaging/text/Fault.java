package io.reliablemessaging.text;

import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The fault behind a failure, in words that stay the same from one failure to the next: no message, no line number, and none of
 * the numbers that compilers and proxies put into names.
 *
 * @param errorClass class of the root cause
 * @param frame class and method of the first frame that is of the application; null if there is none
 */
record Fault(String errorClass, @Nullable String frame) {

    private static final int LONGEST = 512;

    // class-based proxies, lambdas, what Kotlin inlines, and hidden classes: Orders$$SpringCGLIB$$0, Orders/0x00007f
    private static final Pattern GENERATED =
            Pattern.compile("\\$\\$.*|\\$(?:HibernateProxy|ByteBuddy|MockitoMock)\\$.*|/.*");

    // anonymous and local classes: Orders$1, Orders$1Discount
    private static final Pattern NUMBERED =
            Pattern.compile("\\$\\d+(?=\\$|$)|(?<=\\$)\\d+(?=\\p{javaJavaIdentifierStart})");

    // of Java (lambda$handle$3, lambda$3, and lambda$handle$1f0a2b3c$1 if it can be serialized) and Scala
    // ($anonfun$handle$1)
    private static final Pattern LAMBDA =
            Pattern.compile("^(?:(?:lambda|\\$anonfun)\\$)+(.+?)(?:\\$[0-9a-f]{5,8})?(?:\\$\\d+)+$");
    private static final Pattern NAMELESS_LAMBDA = Pattern.compile("^lambda\\$\\d+$");

    // of Kotlin (handle$lambda$0, handle$lambda-0), and of compilers that give access to private members (access$000)
    private static final Pattern INNER_LAMBDA = Pattern.compile("(?:\\$lambda[$-]\\d+)+(?=\\$|$)");
    private static final Pattern NUMBER_AT_END = Pattern.compile("(?:[$-]\\d+)+$");

    /** Finds the fault of a failure. Never throws. */
    static Fault of(Throwable failure) {
        List<Throwable> chain = CauseChain.of(failure);
        Throwable root = chain.get(chain.size() - 1);
        return new Fault(classOf(root.getClass().getName()), firstFrame(chain));
    }

    // A root cause of another thread has no frame of the application; then the exception that it caused may have one.
    private static @Nullable String firstFrame(List<Throwable> chain) {
        for (int i = chain.size() - 1; i >= 0; i--) {
            for (StackTraceElement frame : CauseChain.framesOf(chain.get(i))) {
                if (ApplicationFrames.isOfTheApplication(frame)) {
                    return bounded(classOf(frame.getClassName()) + "." + methodOf(frame.getMethodName()));
                }
            }
        }
        return null;
    }

    private static String classOf(String name) {
        String cut = bounded(name);
        String kept = GENERATED.matcher(cut).replaceFirst("");
        String plain = NUMBERED.matcher(kept).replaceAll("");
        return plain.isEmpty() ? cut : plain;
    }

    private static String methodOf(String name) {
        String cut = bounded(name);
        if (NAMELESS_LAMBDA.matcher(cut).matches()) {
            return "lambda";
        }
        String lambda = LAMBDA.matcher(cut).replaceFirst("$1");
        String inner = INNER_LAMBDA.matcher(lambda).replaceAll("");
        String plain = NUMBER_AT_END.matcher(inner).replaceFirst("");
        return plain.isEmpty() ? cut : plain;
    }

    private static String bounded(String text) {
        return FailureText.storable(text, LONGEST);
    }
}
