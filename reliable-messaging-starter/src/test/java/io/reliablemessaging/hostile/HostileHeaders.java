package io.reliablemessaging.hostile;

import static io.reliablemessaging.hostile.HostileRecord.dead;
import static io.reliablemessaging.hostile.HostileRecord.handled;
import static io.reliablemessaging.hostile.HostileRecords.MEGABYTE;
import static io.reliablemessaging.hostile.HostileRecords.SECRET;
import static io.reliablemessaging.hostile.HostileRecords.broken;
import static io.reliablemessaging.hostile.HostileRecords.bytes;
import static io.reliablemessaging.hostile.HostileRecords.fine;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.reliablemessaging.hostile.HostileRecord.Fate;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

/** Headers that lie, or that are more than anybody reads. */
final class HostileHeaders {

    private static final String EARLY = "ends too early";
    private static final String ID = "rm-message-id";
    private static final String PUBLISHED = "rm-published-at";

    /** Of all that say that they are one message: it tells which of them comes first. */
    private static final byte[] KEY = bytes('k');

    private HostileHeaders() {}

    static List<HostileRecord> all() {
        List<HostileRecord> all = new ArrayList<>();
        addIds(all);
        addTimes(all);
        addOurs(all);
        addTraces(all);
        addOthers(all);
        addSizes(all);
        return all;
    }

    private static HostileRecord bad(String name) {
        return dead(name, broken(), EARLY);
    }

    private static void addIds(List<HostileRecord> all) {
        String huge = SECRET + "i".repeat(MEGABYTE);
        String first = UUID.randomUUID().toString();
        String second = UUID.randomUUID().toString();
        all.add(bad("an id that is no UUID").header(ID, "not-a-uuid " + SECRET));
        all.add(handled("an id that is no UUID, read well", fine()).header(ID, "1-2-3-4-5"));
        all.add(bad("an id of 36 other letters").header(ID, "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz"));
        all.add(bad("an empty id").header(ID, ""));
        all.add(bad("an id without a value").header(ID, (byte[]) null));
        all.add(bad("an id of 1 MB").header(ID, huge));
        all.add(bad("an id that is not UTF-8").header(ID, bytes(0xff, 0xfe, 0x00, 0xc3)));
        all.add(bad("two ids")
                .header(ID, UUID.randomUUID().toString())
                .header(ID, UUID.randomUUID().toString()));
        all.add(bad("an id, then one that is none")
                .header(ID, UUID.randomUUID().toString())
                .header(ID, "-"));
        all.add(bad("an id of no version")
                .header(ID, new UUID(0, UUID.randomUUID().getLeastSignificantBits()).toString()));
        all.add(bad("a first one with its id").header(ID, first).key(KEY));
        all.add(bad("the id of one that was received before")
                .header(ID, first)
                .key(KEY)
                .ends(Fate.DUPLICATE, ""));
        all.add(handled("another first one with its id", fine())
                .header(ID, second)
                .key(KEY));
        all.add(handled("the same id with another payload", "{\"name\":\"other\"}")
                .header(ID, second)
                .key(KEY)
                .ends(Fate.DUPLICATE, ""));
        all.add(bad("a CloudEvent with blank attributes").header("ce_id", " ").header("ce_source", ""));
        all.add(bad("a CloudEvent that is not UTF-8")
                .header("ce_id", unique(bytes(0xff)))
                .header("ce_source", bytes(0xc3)));
        all.add(bad("a CloudEvent of 500 KB")
                .header("ce_id", unique(new byte[500_000]))
                .header("ce_source", "s"));
    }

    private static void addTimes(List<HostileRecord> all) {
        all.add(bad("published at no number").header(PUBLISHED, "yesterday " + SECRET));
        all.add(bad("published before the epoch").header(PUBLISHED, "-1"));
        all.add(bad("published at Long.MIN_VALUE").header(PUBLISHED, Long.toString(Long.MIN_VALUE)));
        all.add(bad("published at Long.MAX_VALUE").header(PUBLISHED, Long.toString(Long.MAX_VALUE)));
        all.add(bad("published at more than a long").header(PUBLISHED, "9".repeat(100_000)));
        all.add(bad("published at a number of NULs").header(PUBLISHED, bytes(0, 0, 0)));
        all.add(handled("published in the year 9999", fine()).header(PUBLISHED, "253402214400000"));
    }

    private static void addOurs(List<HostileRecord> all) {
        all.add(bad("a dead letter that is none")
                .header("rm-dlt-message-id", UUID.randomUUID().toString())
                .header("rm-dlt-original-topic", "elsewhere")
                .header("rm-dlt-original-partition", "-7")
                .header("rm-dlt-original-offset", "none")
                .header("rm-dlt-group", "")
                .header("rm-dlt-attempts", "2147483648")
                .header("rm-dlt-exception-message", SECRET));
        all.add(handled("a dead letter that is none, read well", fine()).header("rm-dlt-attempts", "99"));
        all.add(bad("headers of ours that nobody knows").header("rm-", "").header("rm-future", SECRET));
        all.add(many(bad("10,000 ids"), ID, false));
        all.add(many(bad("10,000 deaths"), "rm-dlt-attempts", false));
    }

    private static void addTraces(List<HostileRecord> all) {
        all.add(bad("a trace that is garbage").header("traceparent", SECRET).header("tracestate", "=,=,,;"));
        all.add(bad("a trace of zeros")
                .header("traceparent", "00-00000000000000000000000000000000-0000000000000000-ff"));
        all.add(handled("a trace of version ff", fine())
                .header("traceparent", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"));
        all.add(bad("a trace without a value")
                .header("traceparent", (byte[]) null)
                .header("b3", (byte[]) null));
        all.add(bad("a trace that is not UTF-8")
                .header("traceparent", bytes(0xff, 0, 0xc3))
                .header("b3", "0-0"));
        all.add(bad("a trace with lines")
                .header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\nx: y"));
        all.add(bad("baggage of 500 KB").header("baggage", ("k=" + SECRET + ",").repeat(30_000)));
        all.add(handled("baggage that is garbage", fine()).header("baggage", "%zz=%00;;;=,\n"));
    }

    private static void addOthers(List<HostileRecord> all) {
        all.add(bad("the type of a gadget")
                .header("__TypeId__", "org.springframework.context.support.ClassPathXmlApplicationContext")
                .header("__Key_TypeId__", "javax.script.ScriptEngineManager"));
        all.add(bad("an empty type").header("__TypeId__", "").header("__ContentTypeId__", (byte[]) null));
        all.add(bad("a type of 1 MB").header("__TypeId__", "[".repeat(MEGABYTE)));
        all.add(bad("types of headers that are no JSON").header("spring_json_header_types", "{\"a\":"));
        all.add(handled("types of headers that are no classes", fine())
                .header("spring_json_header_types", "{\"x\":\"java.lang.Runtime\",\"id\":\"java.util.UUID\"}")
                .header("x", "{}"));
        all.add(bad("a content type that is none")
                .header("contentType", "\0/;;=")
                .header("content-type", ""));
        all.add(bad("headers of the messaging framework")
                .header("id", "not-a-uuid")
                .header("timestamp", "now")
                .header("errorChannel", "x")
                .header("replyChannel", "x")
                .header("kafka_correlationId", bytes(1, 2)));
        all.add(bad("headers of the framework's consumer")
                .header("kafka_receivedTopic", "elsewhere")
                .header("kafka_receivedPartitionId", "-1")
                .header("kafka_offset", "NaN")
                .header("kafka_receivedMessageKey", SECRET)
                .header("kafka_receivedTimestamp", "")
                .header("kafka_acknowledgment", "x")
                .header("kafka_consumer", "x"));
        all.add(handled("the place of another record", fine())
                .header("kafka_receivedTopic", "elsewhere")
                .header("kafka_offset", "0")
                .header("id", UUID.randomUUID().toString()));
        all.add(bad("a failure that a deserializer has hidden")
                .header("springDeserializerExceptionValue", bytes(0xac, 0xed, 0, 5, 's', 'r')));
        all.add(bad("deaths of another library")
                .header("kafka_dlt-original-topic", SECRET)
                .header("kafka_dlt-exception-stacktrace", "x".repeat(100_000)));
    }

    private static void addSizes(List<HostileRecord> all) {
        all.add(bad("a header of 1 MB").header("large", SECRET + "v".repeat(MEGABYTE)));
        all.add(handled("a header of 1 MB, read well", fine()).header("large", SECRET + "v".repeat(MEGABYTE)));
        all.add(many(bad("10,000 headers"), "h", true));
        all.add(many(handled("10,000 headers, read well", fine()), "h", true));
        all.add(bad("a header without a name").header("", "value").header("", ""));
        all.add(bad("headers without values").header("none", (byte[]) null).header("empty", bytes()));
        all.add(bad("NUL in names and values")
                .header("a\0b", bytes('a', 0, 'b'))
                .header("\0", "\0"));
        all.add(bad("a value that is not UTF-8").header("bytes", bytes(0xc3, 0x28, 0xff, 0xed, 0xa0, 0x80)));
        all.add(bad("names that look like placeholders")
                .header("${jndi:ldap://127.0.0.1/x}", "${jndi:ldap://127.0.0.1/x}")
                .header("{} %s", "#{T(java.lang.Runtime)}"));
        all.add(bad("a name of 100,000 bytes").header("n".repeat(100_000), "v"));
        all.add(handled("a name of 100,000 bytes, read well", fine()).header("n".repeat(100_000), "v"));
        all.add(bad("one name in all cases")
                .header("Case", "1")
                .header("case", "2")
                .header("CASE", "3"));
    }

    private static byte[] unique(byte[] begin) {
        byte[] end = UUID.randomUUID().toString().getBytes(UTF_8);
        return ByteBuffer.allocate(begin.length + end.length)
                .put(begin)
                .put(end)
                .array();
    }

    private static HostileRecord many(HostileRecord record, String name, boolean numbered) {
        List<Header> headers = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            headers.add(new RecordHeader(numbered ? name + i : name, bytes('0' + i % 10)));
        }
        return new HostileRecord(
                record.name(),
                record.key(),
                record.value(),
                headers,
                record.timestamp(),
                record.fate(),
                record.error(),
                record.way());
    }
}
