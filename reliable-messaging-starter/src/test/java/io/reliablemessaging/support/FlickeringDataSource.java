package io.reliablemessaging.support;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * A pool whose connections break at random, as told: when one is asked for, in a statement, and before or after a commit has
 * reached the server. A connection that broke stays broken.
 */
public final class FlickeringDataSource extends DelegatingDataSource {

    private static final Set<String> USABLE_WHEN_BROKEN = Set.of("close", "isClosed", "abort");

    private final Predicate<String> threads;
    private final Random random;
    private final AtomicInteger failures = new AtomicInteger();
    private volatile double rate;

    /**
     * Creates one that works.
     *
     * @param threads names of the threads whose connections may break
     */
    public FlickeringDataSource(DataSource target, Predicate<String> threads, long seed) {
        super(target);
        this.threads = threads;
        this.random = new Random(seed);
    }

    /** Lets this part of all calls fail from now on. */
    public void flicker(double rate) {
        this.rate = rate;
    }

    /** How many calls have failed. */
    public int failures() {
        return failures.get();
    }

    @Override
    public Connection getConnection() throws SQLException {
        if (isUnlucky()) {
            throw broken();
        }
        Connection connection = super.getConnection();
        return proxy(Connection.class, new Breaking(connection, connection));
    }

    private boolean isUnlucky() {
        if (rate == 0 || !threads.test(Thread.currentThread().getName())) {
            return false;
        }
        synchronized (random) {
            return random.nextDouble() < rate;
        }
    }

    private SQLException broken() {
        failures.incrementAndGet();
        return new SQLException("An I/O error occurred while sending to the backend.", "08006");
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    /** A connection that breaks, with its statements. */
    private final class Breaking implements InvocationHandler {

        private final Object target;
        private final Connection connection;
        private volatile boolean isBroken;

        private Breaking(Object target, Connection connection) {
            this.target = target;
            this.connection = connection;
        }

        @Override
        public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
            return call(target, method, arguments);
        }

        private Object call(Object target, Method method, Object[] arguments) throws Throwable {
            String name = method.getName();
            if (isBroken && target == connection && !USABLE_WHEN_BROKEN.contains(name)) {
                throw new SQLException("This connection has been closed.", "08003");
            }
            boolean commits = name.equals("commit");
            if ((commits || name.startsWith("execute")) && isUnlucky()) {
                isBroken = true;
                throw broken();
            }
            Object result = answer(target, method, arguments);
            if (commits && isUnlucky()) {
                isBroken = true; // the server has committed, and nobody hears of it
                throw broken();
            }
            return result instanceof Statement statement ? wrapped(statement, method.getReturnType()) : result;
        }

        private Object wrapped(Statement statement, Class<?> type) {
            InvocationHandler handler = (proxy, method, arguments) -> call(statement, method, arguments);
            if (type == PreparedStatement.class || type == CallableStatement.class) {
                return proxy(type, handler);
            }
            return proxy(Statement.class, handler);
        }

        private static Object answer(Object target, Method method, Object[] arguments) throws Throwable {
            try {
                return method.invoke(target, arguments);
            } catch (InvocationTargetException e) {
                throw e.getTargetException();
            }
        }
    }
}
