package io.reliablemessaging.actuate;

import io.reliablemessaging.MessageEdit;
import java.util.Base64;
import java.util.Map;

/** Reads the fields that edit a message: its payload, as text or as bytes, and headers to set or to remove. */
final class EditFields {

    private static final String TEXT = "payload";
    private static final String BYTES = "payloadBase64";
    private static final String WITHOUT = "withoutHeaders";

    private EditFields() {}

    /** Returns the names of the fields of a route that edits. */
    static String[] names() {
        return new String[] {TEXT, BYTES, EndpointRoute.HEADERS, WITHOUT};
    }

    /**
     * Reads an edit; it is empty if no field is given.
     *
     * @throws EndpointProblem if there are two payloads, a payload is no Base64, or a header is both set and removed
     * @throws IllegalArgumentException if a message cannot have such a payload or header, or keeps the one it has
     */
    static MessageEdit read(EndpointCall call) {
        MessageEdit edit = payload(call);
        Map<String, String> headers = call.headers();
        for (Map.Entry<String, String> header : headers.entrySet()) {
            edit = edit.header(header.getKey(), header.getValue());
        }
        String without = call.text(WITHOUT);
        for (String given : without == null ? new String[0] : without.split(",", -1)) {
            String name = given.strip();
            if (name.isEmpty() || headers.containsKey(name)) {
                throw EndpointProblem.badInput("'%s' names the headers to remove, separated by commas; '%s' is %s"
                        .formatted(WITHOUT, name, name.isEmpty() ? "no name" : "also set by 'header." + name + "'"));
            }
            edit = edit.withoutHeader(name);
        }
        return edit;
    }

    private static MessageEdit payload(EndpointCall call) {
        String text = call.text(TEXT);
        String base64 = call.text(BYTES);
        if (text != null && base64 != null) {
            throw EndpointProblem.badInput(
                    "Give the new payload as text in 'payload', or as bytes in 'payloadBase64', one of them");
        }
        if (text != null) {
            return MessageEdit.payload(text);
        }
        return base64 == null ? MessageEdit.headersOnly() : MessageEdit.payload(bytes(base64));
    }

    private static byte[] bytes(String base64) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw EndpointProblem.badInput("'payloadBase64' is no Base64");
        }
    }
}
