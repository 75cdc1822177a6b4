package io.reliablemessaging.faults.bank;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.StandardOpenOption;
import org.springframework.stereotype.Component;

/** A file of this instance, outside every transaction: a line that is written stays, even if the process is killed next. */
@Component
class Diary {

    private final FileChannel file;

    Diary(BankProperties properties) throws IOException {
        file = FileChannel.open(
                properties.directory().resolve(properties.instance() + ".diary"),
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }

    /** Adds a line; the words must not contain spaces. */
    void note(Object... words) {
        StringBuilder line = new StringBuilder();
        for (Object word : words) {
            line.append(word).append(' ');
        }
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(line.append('\n').toString());
        try {
            synchronized (this) {
                while (bytes.hasRemaining()) {
                    var unused = file.write(bytes);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
