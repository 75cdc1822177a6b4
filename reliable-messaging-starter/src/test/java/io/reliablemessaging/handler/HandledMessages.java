package io.reliablemessaging.handler;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.payload.PayloadCodec;
import io.reliablemessaging.wire.KafkaConnection;
import io.reliablemessaging.wire.ReceivedMessage;
import io.reliablemessaging.wire.WireMessage;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.kafka.config.KafkaListenerEndpointRegistrar;
import org.springframework.kafka.support.KafkaHeaders;
import tools.jackson.databind.json.JsonMapper;

/** Calls handlers with messages, without servers. */
final class HandledMessages {

    static final UUID ID = UUID.fromString("01890a5d-ac96-774b-bcce-b302099a8057");
    static final int ATTEMPT = 2;

    final DefaultListableBeanFactory beans = new DefaultListableBeanFactory();
    final KafkaListenerEndpointRegistrar registrar = new KafkaListenerEndpointRegistrar();
    final PayloadCodec codec = new PayloadCodec(
            new KafkaConnection(new KafkaProperties(), () -> List.of("localhost:1")), new JsonMapper());

    Handler handler(Object bean, Method method) {
        HandlerMethods methods = new HandlerMethods(beans);
        methods.configureKafkaListeners(registrar);
        Handler handler = new Handler(bean, method, methods);
        handler.prepare(codec);
        return handler;
    }

    void handle(Handler handler, String value, String... headers) {
        handle(handler, value, headers(headers));
    }

    void handle(Handler handler, String value, Headers headers) {
        ReceivedMessage received = received(value, headers);
        byte[] bytes = received.message().value();
        handler.handle(
                new HandlerMessage(received, ATTEMPT, codec.decode("orders", headers, bytes, handler.payloadType())));
    }

    static HandlerMessage message(String value) {
        return new HandlerMessage(received(value, headers()), ATTEMPT, value);
    }

    private static ReceivedMessage received(String value, Headers headers) {
        byte[] bytes = value == null ? null : value.getBytes(UTF_8);
        WireMessage message = new WireMessage(new MessageId(ID), "orders", null, "key".getBytes(UTF_8), bytes, headers);
        return new ReceivedMessage("shipping", message, 3, 42, Instant.ofEpochMilli(1_000));
    }

    static Headers headers(String... pairs) {
        Headers headers = new RecordHeaders();
        for (int i = 0; i < pairs.length; i += 2) {
            headers.add(pairs[i], pairs[i + 1].getBytes(UTF_8));
        }
        headers.add(
                KafkaHeaders.DLT_ORIGINAL_OFFSET,
                ByteBuffer.allocate(8).putLong(17).array());
        return headers;
    }

    static Method method(Class<?> type, String name) {
        return Stream.of(type.getDeclaredMethods())
                .filter(method -> method.getName().equals(name) && !method.isBridge())
                .findFirst()
                .orElseThrow();
    }
}
