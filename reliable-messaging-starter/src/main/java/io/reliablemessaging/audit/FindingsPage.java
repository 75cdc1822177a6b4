package io.reliablemessaging.audit;

import io.reliablemessaging.Finding;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the page that explains each finding from our jar: the reader of a refusal may have no network. */
final class FindingsPage {

    private static final String RESOURCE = "/META-INF/reliable-messaging/findings.md";

    private FindingsPage() {}

    /** Returns the paragraph that explains a finding; empty if the page is missing. */
    static String explanation(Finding finding) {
        Matcher section = Pattern.compile("### " + finding.code() + "\\R+\\*\\*.+\\R+(.+)")
                .matcher(text());
        return section.find() ? section.group(1) : "";
    }

    private static String text() {
        try (InputStream page = FindingsPage.class.getResourceAsStream(RESOURCE)) {
            return page == null ? "" : new String(page.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return ""; // the finding matters more than its explanation
        }
    }
}
