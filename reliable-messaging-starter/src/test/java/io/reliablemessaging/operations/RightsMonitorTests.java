package io.reliablemessaging.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.reliablemessaging.Trouble.Kind;
import io.reliablemessaging.listener.Listeners;
import io.reliablemessaging.operationlog.OperationLogReader;
import io.reliablemessaging.relay.RelayState;
import io.reliablemessaging.schema.TableRights;
import io.reliablemessaging.schema.TableRights.Missing;
import io.reliablemessaging.schema.TableRights.Use;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.dao.QueryTimeoutException;

/** Rights are asked for now and then, for what this instance does, and an old answer is not repeated after a failure. */
class RightsMonitorTests {

    private static final ObservedTrouble SIGN = new ObservedTrouble(Kind.RIGHT_MISSING, "table inbox", "grant select");

    private final StageReaders stageReaders = mock(StageReaders.class);
    private final StageReaders.Sending sending = mock(StageReaders.Sending.class);
    private final StageReaders.Receiving receiving = mock(StageReaders.Receiving.class);
    private final TableRights rights = mock(TableRights.class);
    private final Listeners listeners = mock(Listeners.class);
    private final RightsMonitor watch = new RightsMonitor(stageReaders);
    private long now = System.nanoTime();

    @BeforeEach
    void aRightIsMissing() {
        when(stageReaders.tables()).thenReturn(new StageReaders.Tables(rights, mock(OperationLogReader.class)));
        when(stageReaders.sending()).thenReturn(sending);
        when(stageReaders.receiving()).thenReturn(receiving);
        when(receiving.listeners()).thenReturn(listeners);
        when(rights.missing(any())).thenReturn(List.of(new Missing("table inbox", "grant select")));
    }

    @Test
    void theAnswerIsKeptForTenSeconds() {
        assertThat(watch.check(now)).containsExactly(SIGN);
        when(rights.missing(any())).thenReturn(List.of());
        after(Duration.ofSeconds(9));
        assertThat(watch.check(now)).containsExactly(SIGN);
        after(Duration.ofSeconds(1));
        assertThat(watch.check(now)).isEmpty();
        verify(rights, times(2)).missing(any());
    }

    @Test
    void afterAFailureElsewhereItIsAskedAtOnce() {
        watch.check(now);
        after(Duration.ofSeconds(1));
        watch.checkNextTime(now);
        watch.check(now);
        verify(rights, times(2)).missing(any());
    }

    @Test
    void whatCannotBeAskedIsNotKnownAnyMore() {
        watch.check(now);
        after(Duration.ofSeconds(10));
        when(rights.missing(any())).thenThrow(new QueryTimeoutException("silent"));
        assertThatThrownBy(() -> watch.check(now)).isInstanceOf(QueryTimeoutException.class);
        assertThatThrownBy(() -> watch.check(now)).as("asked again").isInstanceOf(QueryTimeoutException.class);
    }

    @Test
    void onlyRightsThatAreUsedAreAskedFor() {
        watch.check(now);
        verify(rights).missing(Set.of(Use.PUBLISH));
        when(sending.relay()).thenReturn(mock(RelayState.class));
        watch.checkNextTime(now);
        watch.check(now);
        verify(rights).missing(Set.of(Use.PUBLISH, Use.SEND));
    }

    private void after(Duration duration) {
        now += duration.toNanos();
    }
}
