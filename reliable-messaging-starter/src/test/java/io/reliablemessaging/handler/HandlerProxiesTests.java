package io.reliablemessaging.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import org.example.shop.Stock;
import org.junit.jupiter.api.Test;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.messaging.handler.annotation.Header;

/** Handlers whose beans have proxies: calls reach the bean itself, or the application does not start. */
@SuppressWarnings("unused")
class HandlerProxiesTests {

    private final HandledMessages messages = new HandledMessages();

    record Order(String id) {}

    static class Base<T> {

        final List<String> taken = new ArrayList<>();

        public final void closed(String payload) {
            taken.add(payload);
        }

        void generic(T payload, @Header("tenant") String tenant) {
            taken.add(payload + " " + tenant);
        }

        static void shared(String payload) {}
    }

    static class Orders extends Base<Order> {}

    static class Shelf extends Stock {}

    interface Handles<T> {

        void on(T payload, @Header("tenant") String tenant);

        void onText(String payload, String tenant);
    }

    static class Implementation implements Handles<Order> {

        final List<String> taken = new ArrayList<>();

        @Override
        public void on(Order payload, String tenant) {
            taken.add(payload + " " + tenant);
        }

        @Override
        public void onText(String payload, @Header("tenant") String tenant) {
            taken.add(payload + " " + tenant);
        }
    }

    static class Generic<T> implements Handles<T> {

        final List<String> taken = new ArrayList<>();

        @Override
        public void on(T payload, String tenant) {
            taken.add(payload + " " + tenant);
        }

        @Override
        public void onText(String payload, String tenant) {}
    }

    static class OfOrders extends Generic<Order> {}

    @Test
    void aFinalMethodIsRefusedAlsoIfItIsInherited() {
        assertThatExceptionOfType(IllegalListenerException.class)
                .isThrownBy(() -> messages.handler(subclassed(new Orders()), method(Base.class, "closed")))
                .withMessageContaining("is final")
                .withMessageContaining("kotlin-spring");
    }

    @Test
    void aMethodOfAnotherPackageThatNoProxyCanOverrideIsRefused() {
        assertThatExceptionOfType(IllegalListenerException.class)
                .isThrownBy(() -> messages.handler(subclassed(new Shelf()), method(Stock.class, "on")))
                .withMessageContaining("cannot be overridden")
                .withMessageContaining("Make it public or protected");
    }

    @Test
    void withoutAProxyBothAreCalled() {
        Orders orders = new Orders();
        Shelf shelf = new Shelf();
        messages.handle(messages.handler(orders, method(Base.class, "closed")), "a");
        messages.handle(messages.handler(shelf, method(Stock.class, "on")), "b");
        assertThat(orders.taken).containsExactly("a");
        assertThat(shelf.taken).containsExactly("b");
    }

    @Test
    void aClassBasedProxyLeadsToTheBean() {
        Orders orders = new Orders();
        Object proxy = subclassed(orders);
        messages.handle(messages.handler(proxy, method(Base.class, "generic")), "{\"id\":\"a\"}", "tenant", "acme");
        messages.handle(messages.handler(proxy, method(Base.class, "shared")), "a");
        assertThat(orders.taken).containsExactly("Order[id=a] acme");
    }

    @Test
    void aProxyOfInterfacesLeadsToTheBeanWhereverAnnotationsAre() {
        Implementation bean = new Implementation();
        Object proxy = new ProxyFactory(bean).getProxy();
        messages.handle(messages.handler(proxy, method(Handles.class, "on")), "{\"id\":\"a\"}", "tenant", "acme");
        messages.handle(messages.handler(proxy, method(Handles.class, "onText")), "text", "tenant", "acme");
        assertThat(bean.taken).containsExactly("Order[id=a] acme", "text acme");
    }

    @Test
    void theBeansClassSaysWhatAVariableIsAlsoBehindAProxyOfInterfaces() {
        OfOrders bean = new OfOrders();
        Object proxy = new ProxyFactory(bean).getProxy();
        messages.handle(messages.handler(proxy, method(Handles.class, "on")), "{\"id\":\"a\"}", "tenant", "acme");
        assertThat(bean.taken).containsExactly("Order[id=a] acme");
    }

    private static Object subclassed(Object target) {
        ProxyFactory proxy = new ProxyFactory(target);
        proxy.setProxyTargetClass(true);
        return proxy.getProxy();
    }

    private static Method method(Class<?> type, String name) {
        return HandledMessages.method(type, name);
    }
}
