package io.reliablemessaging.wire;

import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundleKey;
import org.springframework.boot.ssl.SslManagerBundle;
import org.springframework.boot.ssl.SslOptions;
import org.springframework.boot.ssl.SslStoreBundle;

/**
 * Always delegates to the SSL bundle that the connection details name now. A bundle that is reloaded ({@code reload-on-update}) is
 * another object; Kafka's clients keep the first one, and ask it for an SSL context for each connection that they open. So open
 * clients use new certificates from their next connection on.
 */
final class CurrentSslBundle implements SslBundle {

    private final Supplier<@Nullable SslBundle> source;
    private volatile SslBundle last;

    CurrentSslBundle(SslBundle first, Supplier<@Nullable SslBundle> source) {
        this.last = first;
        this.source = source;
    }

    private SslBundle now() {
        SslBundle named = source.get();
        if (named != null) {
            last = named;
        }
        return last;
    }

    @Override
    public SslStoreBundle getStores() {
        return now().getStores();
    }

    @Override
    public SslBundleKey getKey() {
        return now().getKey();
    }

    @Override
    public SslOptions getOptions() {
        return now().getOptions();
    }

    @Override
    public String getProtocol() {
        return now().getProtocol();
    }

    @Override
    public SslManagerBundle getManagers() {
        return now().getManagers();
    }

    @Override
    public SSLContext createSslContext() {
        return now().createSslContext(); // all parts from one bundle, even if it is reloaded meanwhile
    }

    @Override
    public String toString() {
        return last.toString();
    }
}
