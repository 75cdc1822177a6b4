package io.reliablemessaging.text;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Writes a stack trace like {@link Throwable#printStackTrace}, but bounded. The room is shared among the
 * exceptions; the first causes and the last ones are written, of each the first frames and those of the application. For a log
 * it is shorter: the frames of the application come first, and frames below them are left out.
 */
final class StackTraceText {

    private static final int FIRST_CAUSES = 10;
    private static final int LAST_CAUSES = 10;
    private static final int SUPPRESSED = 10;
    private static final int LONGEST_LINE = 1024;
    private static final int MOST_FRAMES = 5_000;
    private static final int FIRST_FRAMES = 5;
    private static final int LONGEST_IN_LOG = 8 * 1024;
    private static final int MOST_FRAMES_IN_LOG = 20;

    private final Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<Section> sections = new ArrayList<>();
    private final boolean forLog;
    private final boolean messages;

    /** One exception of the trace, or a remark. */
    private record Section(
            String indent, String caption, @Nullable Throwable thrown) {}

    private StackTraceText(boolean forLog, boolean messages) {
        this.forLog = forLog;
        this.messages = messages;
    }

    static String of(Throwable thrown) {
        return of(thrown, new StackTraceText(false, true));
    }

    /**
     * Writes the form for a log.
     *
     * @param messages whether the messages of the exceptions are shown, or only their classes
     */
    static String forLog(Throwable thrown, boolean messages) {
        return of(thrown, new StackTraceText(true, messages));
    }

    private static String of(Throwable thrown, StackTraceText text) {
        text.collect(thrown);
        return text.write();
    }

    private void collect(Throwable thrown) {
        List<Throwable> chain = CauseChain.of(thrown, seen);
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

    // of the tree of suppressed exceptions only the upper branches, each with its last cause
    private void collectSuppressed(Throwable thrown) {
        for (Throwable suppressed : suppressedOf(thrown)) {
            if (seen.size() > CauseChain.LONGEST || count("\t") >= SUPPRESSED) {
                return;
            }
            List<Throwable> chain = CauseChain.of(suppressed, seen);
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

    private String write() {
        StringBuilder text = new StringBuilder(1024);
        int longest = forLog ? LONGEST_IN_LOG : FailureText.LONGEST_STACK_TRACE;
        for (int i = 0; i < sections.size(); i++) {
            int share = (longest - text.length()) / (sections.size() - i);
            write(text, sections.get(i), share);
        }
        return text.toString();
    }

    private void write(StringBuilder text, Section section, int room) {
        int begin = text.length();
        int end = begin + room;
        Throwable thrown = section.thrown();
        line(text, end, section.indent() + section.caption() + (thrown == null ? "" : headline(thrown)));
        if (thrown != null && forLog) {
            writeForLog(text, section.indent(), CauseChain.framesOf(thrown), end);
        } else if (thrown != null) {
            writeFrames(text, section, CauseChain.framesOf(thrown), begin, room);
        }
    }

    private static void writeForLog(StringBuilder text, String indent, StackTraceElement[] frames, int end) {
        List<StackTraceElement> shown = Stream.of(frames)
                .filter(ApplicationFrames::isOfTheApplication)
                .limit(MOST_FRAMES_IN_LOG)
                .toList();
        boolean elsewhere = !shown.isEmpty() && !ApplicationFrames.isOfTheApplication(frames[0]);
        if (shown.isEmpty()) {
            shown = Stream.of(frames)
                    .filter(frame -> !ApplicationFrames.isPlumbing(frame))
                    .limit(FIRST_FRAMES)
                    .toList();
        }
        shown.forEach(frame -> line(text, end, indent + "\tat " + frame));
        int leftOut = frames.length - shown.size();
        if (leftOut > 0) {
            String thrownAt = elsewhere ? ", thrown at " + frames[0] : "";
            line(text, end, "%s\t... %d frames left out%s".formatted(indent, leftOut, thrownAt));
        }
    }

    private static void writeFrames(
            StringBuilder text, Section section, StackTraceElement[] frames, int begin, int room) {
        int end = begin + room;
        int leftOut = 0;
        String remark = section.indent() + "\t... %d more";
        int roomForRemark = remark.length() + 8;
        for (int i = 0; i < frames.length; i++) {
            String frame = section.indent() + "\tat " + FailureText.storable(String.valueOf(frames[i]), LONGEST_LINE);
            boolean half = text.length() + frame.length() < begin + room / 2;
            boolean wanted = i < FIRST_FRAMES || half || ApplicationFrames.isOfTheApplication(frames[i]);
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

    private String headline(Throwable thrown) {
        String message = messages ? FailureText.messageOf(thrown) : null;
        String type = FailureText.typeOf(thrown);
        return message == null ? type : FailureText.storable(type + ": " + message, LONGEST_LINE);
    }

    private static Throwable[] suppressedOf(Throwable thrown) {
        try {
            return thrown.getSuppressed();
        } catch (Throwable t) {
            return new Throwable[0];
        }
    }
}
