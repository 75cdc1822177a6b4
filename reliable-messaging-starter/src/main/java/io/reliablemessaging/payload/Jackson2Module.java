package io.reliablemessaging.payload;

import io.reliablemessaging.text.ReadableLogger;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.Version;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.DeserializationConfig;
import tools.jackson.databind.JacksonModule;
import tools.jackson.databind.SerializationConfig;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.deser.AbstractDeserializer;
import tools.jackson.databind.deser.ValueDeserializerModifier;
import tools.jackson.databind.deser.bean.BeanDeserializerBase;
import tools.jackson.databind.ser.ValueSerializerModifier;
import tools.jackson.databind.ser.bean.BeanSerializerBase;
import tools.jackson.databind.ser.impl.UnknownSerializer;
import tools.jackson.databind.ser.jdk.IterableSerializer;

/**
 * Refuses trees of Jackson 2 anywhere in a payload, and warns of ignored annotations, once for each class. Serializers
 * that the application has registered for such trees are left alone.
 */
@SuppressWarnings("serial") // Jackson's modifiers are serializable, mappers are not stored here
final class Jackson2Module extends JacksonModule {

    private static final Logger log = ReadableLogger.of(Jackson2Module.class);

    private final Set<Class<?>> seen = ConcurrentHashMap.newKeySet();
    private final Set<Class<?>> readByHost = ConcurrentHashMap.newKeySet();

    @Override
    public String getModuleName() {
        return Jackson2Module.class.getSimpleName();
    }

    @Override
    public Version version() {
        return Version.unknownVersion();
    }

    @Override
    public void setupModule(SetupContext context) {
        context.addSerializerModifier(new ValueSerializerModifier() {
            @Override
            public ValueSerializer<?> modifySerializer(
                    SerializationConfig config, BeanDescription.Supplier bean, ValueSerializer<?> serializer) {
                warnOfIgnored(bean.getBeanClass());
                return isGuessed(serializer) && Jackson2.isTree(bean.getBeanClass()) ? new Refusing() : serializer;
            }
        });
        context.addDeserializerModifier(new ValueDeserializerModifier() {
            @Override
            public ValueDeserializer<?> modifyDeserializer(
                    DeserializationConfig config, BeanDescription.Supplier bean, ValueDeserializer<?> deserializer) {
                warnOfIgnored(bean.getBeanClass());
                if (!isGuessed(deserializer) && Jackson2.isTree(bean.getBeanClass())) {
                    readByHost.add(bean.getBeanClass());
                }
                return deserializer;
            }
        });
    }

    // the serializers that Jackson uses for classes without a registered one
    private static boolean isGuessed(ValueSerializer<?> serializer) {
        return serializer instanceof BeanSerializerBase
                || serializer instanceof IterableSerializer
                || serializer instanceof UnknownSerializer;
    }

    private static boolean isGuessed(ValueDeserializer<?> deserializer) {
        return deserializer instanceof BeanDeserializerBase || deserializer instanceof AbstractDeserializer;
    }

    /** Tells whether the application has registered a deserializer for a tree, once its type was prepared. */
    boolean isReadByHost(Class<?> tree) {
        return readByHost.contains(tree);
    }

    private void warnOfIgnored(Class<?> type) {
        if (seen.add(type) && !Jackson2.isTree(type)) {
            Jackson2.ignoredAnnotation(type)
                    .ifPresent(ignored -> log.warn(
                            "Payload class {} has @{} of Jackson 2 ({}), which Jackson 3 ignores: its JSON is not what the"
                                    + " annotation says. Import {} instead",
                            type.getName(),
                            ignored.name(),
                            ignored.imported(),
                            ignored.successor()));
        }
    }

    /** Throws for each value. */
    private static final class Refusing extends ValueSerializer<Object> {
        @Override
        public void serialize(Object value, JsonGenerator generator, SerializationContext context) {
            throw new Jackson2TreeException(value.getClass());
        }
    }
}
