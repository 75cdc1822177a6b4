package io.reliablemessaging.deadletter;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes a stack trace like {@link Throwable#printStackTrace}, but never more than a bound. The room is shared among the
 * exceptions; the first causes and the last ones are kept, of each the first frames and those of the application.
 */
final class StackTraceText {

    // a chain that is made while it is walked through need not have an end
    private static final int LONGEST_CHAIN = 10_000;
    private static final int FIRST_CAUSES = 10;
    private static final int LAST_CAUSES = 10;
    private static final int SUPPRESSED = 10;
    private static final int LONGEST_LINE = 1024;
    private static final int MOST_FRAMES = 5_000;
    private static final int FIRST_FRAMES = 5;

    private static final List<String> NOT_THE_APPLICATION = List.of(
            "java.",
            "javax.",
            "jdk.",
            "sun.",
            "com.sun.",
            "jakarta.",
            "org.springframework.",
            "org.apache.kafka.",
            "org.hibernate.",
            "org.postgresql.",
            "com.zaxxer.",
            "io.micrometer.",
            "io.reliablemessaging.");

    private final Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<Section> sections = new ArrayList<>();

    /** One exception of the trace, or a remark. */
    private record Section(
            String indent, String caption, @Nullable Throwable thrown) {}

    private StackTraceText() {}

    static String of(Throwable thrown) {
        StackTraceText text = new StackTraceText();
        text.collect(thrown);
        return text.write();
    }

    private void collect(Throwable thrown) {
        List<Throwable> chain = chain(thrown);
        for (int i = 0; i < chain.size(); i++) {
            if (i == FIRST_CAUSES && chain.size() > FIRST_CAUSES + LAST_CAUSES) {
                int last = chain.size() - LAST_CAUSES;
                sections.add(new Section("", "... %d causes left out".formatted(last - i), null));
                i = last;
            }
            sections.add(new Section("", i == 0 ? "" : "Caused by: ", chain.get(i)));
            collectSuppressed(chain.get(i));
        }
    }

    // of a tree of suppressed exceptions only the upper branches, each with its last cause
    private void collectSuppressed(Throwable thrown) {
        for (Throwable suppressed : suppressedOf(thrown)) {
            if (seen.size() > LONGEST_CHAIN || count("\t") >= SUPPRESSED) {
                return;
            }
            List<Throwable> chain = chain(suppressed);
            if (chain.isEmpty()) {
                continue; // shown elsewhere
            }
            sections.add(new Section("\t", "Suppressed: ", suppressed));
            if (chain.size() > 1) {
                sections.add(new Section("\t", "Caused by: ", chain.get(chain.size() - 1)));
            }
        }
    }

    private long count(String indent) {
        return sections.stream()
                .filter(section -> section.indent().equals(indent))
                .count();
    }

    private List<Throwable> chain(Throwable first) {
        List<Throwable> chain = new ArrayList<>();
        Throwable next = first;
        while (next != null && chain.size() < LONGEST_CHAIN && seen.add(next)) {
            chain.add(next);
            next = causeOf(next);
        }
        return chain;
    }

    private String write() {
        StringBuilder text = new StringBuilder(1024);
        for (int i = 0; i < sections.size(); i++) {
            int share = (FailureText.LONGEST_STACK_TRACE - text.length()) / (sections.size() - i);
            write(text, sections.get(i), share);
        }
        return text.toString();
    }

    private static void write(StringBuilder text, Section section, int room) {
        int begin = text.length();
        int end = begin + room;
        Throwable thrown = section.thrown();
        line(text, end, section.indent() + section.caption() + (thrown == null ? "" : headline(thrown)));
        if (thrown == null) {
            return;
        }
        int leftOut = 0;
        StackTraceElement[] frames = framesOf(thrown);
        String remark = section.indent() + "\t... %d more";
        int roomForRemark = remark.length() + 8;
        for (int i = 0; i < frames.length; i++) {
            String frame = section.indent() + "\tat " + FailureText.storable(String.valueOf(frames[i]), LONGEST_LINE);
            boolean half = text.length() + frame.length() < begin + room / 2;
            boolean wanted = i < FIRST_FRAMES || half || isOfTheApplication(frames[i]);
            if (wanted && i < MOST_FRAMES && text.length() + frame.length() + roomForRemark < end) {
                text.append(frame).append('\n');
            } else {
                leftOut++;
            }
        }
        if (leftOut > 0) {
            line(text, end, remark.formatted(leftOut));
        }
    }

    private static void line(StringBuilder text, int end, String line) {
        int room = end - text.length() - 1;
        if (room > 0) {
            text.append(line.length() <= room ? line : FailureText.storable(line, room))
                    .append('\n');
        }
    }

    private static String headline(Throwable thrown) {
        String message = FailureText.messageOf(thrown);
        String type = FailureText.typeOf(thrown);
        return message == null ? type : FailureText.storable(type + ": " + message, LONGEST_LINE);
    }

    private static boolean isOfTheApplication(@Nullable StackTraceElement frame) {
        return frame != null && NOT_THE_APPLICATION.stream().noneMatch(frame.getClassName()::startsWith);
    }

    // what follows is asked of a stranger's class

    private static @Nullable Throwable causeOf(Throwable thrown) {
        try {
            return thrown.getCause();
        } catch (Throwable t) {
            return null;
        }
    }

    private static Throwable[] suppressedOf(Throwable thrown) {
        try {
            return thrown.getSuppressed();
        } catch (Throwable t) {
            return new Throwable[0];
        }
    }

    private static StackTraceElement[] framesOf(Throwable thrown) {
        try {
            StackTraceElement[] frames = thrown.getStackTrace();
            return frames == null ? new StackTraceElement[0] : frames;
        } catch (Throwable t) {
            return new StackTraceElement[0];
        }
    }
}
