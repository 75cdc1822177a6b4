package io.reliablemessaging.hostile;

import static io.reliablemessaging.hostile.HostileRecord.dead;
import static io.reliablemessaging.hostile.HostileRecord.handled;
import static io.reliablemessaging.hostile.HostileRecords.MEGABYTE;
import static io.reliablemessaging.hostile.HostileRecords.bytes;
import static io.reliablemessaging.hostile.HostileRecords.fine;

import java.util.List;

/** Records that tell Spring Kafka's JSON deserializer which class to make. */
final class HostileTypes {

    private static final String TYPE = "__TypeId__";
    private static final String CONTENT = "__ContentTypeId__";
    private static final String KEY = "__KeyTypeId__";
    private static final String READER = "JacksonJsonDeserializer";
    private static final String NOT_TRUSTED = "whose package is not trusted";

    private HostileTypes() {}

    static List<HostileRecord> all() {
        return List.of(
                handled("no type", fine()),
                handled("its type", fine()).header(TYPE, Parcel.class.getName()),
                handled("two types, the last one is its own", fine())
                        .header(TYPE, "com.acme.Nothing")
                        .header(TYPE, Parcel.class.getName()),
                handled("a type of the key", fine()).header(KEY, "javax.script.ScriptEngineManager"),
                bad("a class that is not there", "which is no class here").header(TYPE, "java.util.NoSuchClass"),
                bad("a class that is not trusted", NOT_TRUSTED).header(TYPE, "com.acme.Nothing"),
                bad("a gadget", NOT_TRUSTED)
                        .header(TYPE, "org.springframework.context.support.ClassPathXmlApplicationContext"),
                bad("a class that nobody makes", READER).header(TYPE, "java.lang.Runtime"),
                bad("a class of another shape", READER).header(TYPE, "java.util.HashMap"),
                bad("an interface", READER).header(TYPE, "java.lang.Runnable"),
                bad("any object", READER).header(TYPE, "java.lang.Object"),
                bad("a list of what is not trusted", READER)
                        .header(TYPE, "java.util.ArrayList")
                        .header(CONTENT, "com.acme.Nothing"),
                bad("a list of nothing", READER)
                        .header(TYPE, "java.util.ArrayList")
                        .header(CONTENT, (byte[]) null),
                bad("an empty type", READER).header(TYPE, ""),
                bad("a type that is not UTF-8", READER).header(TYPE, bytes(0xff, 0xfe, 0)),
                bad("a type of 1 MB", READER).header(TYPE, "t".repeat(MEGABYTE)),
                bad("an array of many dimensions", "").header(TYPE, "[".repeat(50_000) + "Ljava.lang.String;"),
                bad("an array of many dimensions, as in code", "")
                        .header(TYPE, "java.lang.String" + "[]".repeat(50_000)),
                bad("a type of many types", READER)
                        .header(TYPE, "java.util.ArrayList<".repeat(30_000) + ">".repeat(30_000)));
    }

    private static HostileRecord bad(String name, String error) {
        return dead(name, fine(), error);
    }
}
