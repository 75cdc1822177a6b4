package io.reliablemessaging.payload;

import io.reliablemessaging.UnrecoverableMessageException;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import org.apache.kafka.common.utils.Bytes;
import org.springframework.core.ResolvableType;
import org.springframework.util.ClassUtils;

/** The type of the payload that a handler takes; of a generic type, only the raw type is compared with objects. */
record PayloadType(Type type) {

    String name() {
        return type.getTypeName();
    }

    /**
     * Requires that a handler can be given null.
     *
     * @throws UnrecoverableMessageException if it cannot
     */
    void requireNullable() {
        if (type instanceof Class<?> primitive && primitive.isPrimitive()) {
            throw new UnrecoverableMessageException(
                    "The record has no value (it is a tombstone), and the handler takes %s, which cannot be null; let it take %s to handle tombstones"
                            .formatted(
                                    name(),
                                    ClassUtils.resolvePrimitiveIfNecessary(primitive)
                                            .getSimpleName()));
        }
    }

    boolean takes(Object payload) {
        return raw().isInstance(payload);
    }

    /** Tells whether a payload of this type may be a view of the deserializer's bytes instead of a copy. */
    boolean mayShareBytes() {
        Class<?> raw = raw();
        return raw.isAssignableFrom(byte[].class)
                || raw.isAssignableFrom(Bytes.class)
                || raw.isAssignableFrom(ByteBuffer.class);
    }

    private Class<?> raw() {
        return ClassUtils.resolvePrimitiveIfNecessary(
                ResolvableType.forType(type).resolve(Object.class));
    }
}
