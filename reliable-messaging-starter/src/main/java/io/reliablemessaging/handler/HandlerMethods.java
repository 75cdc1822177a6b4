package io.reliablemessaging.handler;

import io.reliablemessaging.text.ReadableLogger;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.core.DefaultParameterNameDiscoverer;
import org.springframework.core.MethodParameter;
import org.springframework.core.convert.ConversionService;
import org.springframework.kafka.annotation.KafkaListenerConfigurer;
import org.springframework.kafka.config.KafkaListenerEndpointRegistrar;
import org.springframework.messaging.handler.annotation.support.MessageHandlerMethodFactory;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolver;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolverComposite;
import org.springframework.util.function.SingletonSupplier;

/**
 * Creates the calls of handlers. Arguments come from Spring's resolvers where these suffice, from ours, and from those that
 * the application registers with a {@link KafkaListenerConfigurer}. A validator that it registers there checks payloads.
 */
public final class HandlerMethods implements KafkaListenerConfigurer {

    private static final Logger log = ReadableLogger.of(HandlerMethods.class);

    private final ConfigurableListableBeanFactory beans;
    private final HeaderConversion conversion;
    private final AtomicBoolean warned = new AtomicBoolean();
    private volatile @Nullable KafkaListenerEndpointRegistrar registrar;

    public HandlerMethods(ConfigurableListableBeanFactory beans) {
        this.beans = beans;
        this.conversion = new HeaderConversion(SingletonSupplier.of(() -> conversion(beans)));
    }

    @Override
    public void configureKafkaListeners(KafkaListenerEndpointRegistrar registrar) {
        this.registrar = registrar; // read later, when all configurers have been called
    }

    /**
     * Creates the calls of a method.
     *
     * @throws IllegalListenerException if the method's parameters do not allow it
     */
    Calls makeCalls(Object bean, Method method) {
        KafkaListenerEndpointRegistrar theirs = registrar;
        if (theirs != null) {
            warnOfFactory(theirs.getMessageHandlerMethodFactory());
        }
        PayloadArguments payload =
                new PayloadArguments(new PayloadChecks(beans, theirs == null ? null : theirs.getValidator()));
        List<HandlerMethodArgumentResolver> resolvers = new ArrayList<>();
        resolvers.add(new HeaderResolver(conversion, beans));
        resolvers.add(new HeadersResolver());
        resolvers.addAll(theirs == null ? List.of() : theirs.getCustomMethodArgumentResolvers());
        resolvers.add(payload);
        HandlerCall call = new Factory(resolvers).createInvocableHandlerMethod(bean, method);
        return new Calls(call, payload);
    }

    /**
     * The call of a handler, and what its payload is.
     *
     * @param call calls it
     * @param payload knows the type that the payload is converted to
     */
    record Calls(HandlerCall call, PayloadArguments payload) {}

    private void warnOfFactory(@Nullable MessageHandlerMethodFactory factory) {
        if (factory != null && warned.compareAndSet(false, true)) {
            log.warn(
                    "A KafkaListenerConfigurer has set a MessageHandlerMethodFactory ({}). Methods with @KafkaListener use it,"
                            + " those with @ReliableListener do not: give its validator and its argument resolvers to the"
                            + " KafkaListenerEndpointRegistrar itself (setValidator, setCustomMethodArgumentResolvers)",
                    factory.getClass().getName());
        }
    }

    private static ConversionService conversion(ConfigurableListableBeanFactory beans) {
        return Objects.requireNonNullElseGet(beans.getConversionService(), () -> {
            ApplicationConversionService service = new ApplicationConversionService();
            ApplicationConversionService.addBeans(service, beans);
            return service;
        });
    }

    /** Creates the call of one handler. */
    private record Factory(List<HandlerMethodArgumentResolver> resolvers) implements MessageHandlerMethodFactory {

        @Override
        public HandlerCall createInvocableHandlerMethod(Object bean, Method method) {
            HandlerCall call = new HandlerCall(bean, method);
            HandlerMethodArgumentResolverComposite all = new HandlerMethodArgumentResolverComposite();
            all.addResolvers(resolvers);
            call.setMessageMethodArgumentResolvers(all);
            for (MethodParameter parameter : call.getMethodParameters()) {
                parameter.initParameterNameDiscovery(DefaultParameterNameDiscoverer.getSharedInstance());
                resolvers.stream()
                        .filter(each -> each.supportsParameter(parameter))
                        .findFirst()
                        .ifPresent(each -> check(each, parameter));
            }
            return call;
        }

        private static void check(HandlerMethodArgumentResolver resolver, MethodParameter parameter) {
            if (resolver instanceof CheckedResolver checked) {
                checked.check(parameter);
            }
        }
    }
}
