package io.reliablemessaging.wire;

/** Recognises the JSON value {@code null}, which some types read as an object of theirs, such as an empty Optional. */
final class JsonNull {

    private JsonNull() {}

    static boolean is(byte[] json) {
        int begin = 0;
        int end = json.length;
        while (begin < end && isSpace(json[begin])) {
            begin++;
        }
        while (end > begin && isSpace(json[end - 1])) {
            end--;
        }
        return end - begin == 4
                && json[begin] == 'n'
                && json[begin + 1] == 'u'
                && json[begin + 2] == 'l'
                && json[begin + 3] == 'l';
    }

    private static boolean isSpace(byte each) {
        return each == ' ' || each == '\t' || each == '\n' || each == '\r';
    }
}
