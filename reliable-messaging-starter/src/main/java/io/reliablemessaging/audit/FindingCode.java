package io.reliablemessaging.audit;

import static io.reliablemessaging.Finding.Severity.CRITICAL;
import static io.reliablemessaging.Finding.Severity.NOTICE;
import static io.reliablemessaging.Finding.Severity.WARNING;

import io.reliablemessaging.Finding;
import io.reliablemessaging.Finding.Severity;

/** Lists all findings. Their codes are stable: people search for them and silence alarms by them. */
public enum FindingCode {
    CLUSTER_UNKNOWN("RM-B001", CRITICAL, "The cluster cannot be asked"),
    SINGLE_BROKER("RM-B002", NOTICE, "There is a single broker"),
    TOO_FEW_REPLICAS("RM-B003", CRITICAL, "A topic has too few replicas"),
    MIN_ISR_TOO_LOW("RM-B004", CRITICAL, "A message counts as sent too early"),
    UNCLEAN_ELECTION("RM-B005", CRITICAL, "A replica that lags behind may become leader"),
    TOPIC_UNKNOWN("RM-B006", CRITICAL, "A topic's settings are not visible"),
    TOPIC_REFUSED("RM-B007", CRITICAL, "The cluster refuses to create a topic"),
    TOPIC_MISSING("RM-B008", WARNING, "A topic is missing"),
    OTHER_PARTITIONS("RM-B009", NOTICE, "A topic has another number of partitions than declared"),
    OTHER_RETENTION("RM-B010", WARNING, "A topic has another retention than declared"),
    OTHER_CONFIG("RM-B011", WARNING, "A topic has another setting than declared"),
    DEAD_LETTERS_EXPIRE("RM-B012", WARNING, "Dead letters leave their topic too early"),
    DEAD_LETTERS_TOO_LARGE("RM-B013", WARNING, "The topic of dead letters takes smaller messages than its source"),
    MESSAGES_TOO_LARGE("RM-B014", WARNING, "A topic takes smaller messages than the producer"),
    BROKER_DOWN("RM-B015", WARNING, "A broker is down"),
    UNDER_MIN_ISR("RM-B016", WARNING, "Messages to some partitions have to wait"),
    UNDER_REPLICATED("RM-B017", WARNING, "Some replicas are missing or lag behind"),
    NO_BROKER_TO_SPARE("RM-B018", WARNING, "No broker may be absent"),
    NOT_FLUSHED("RM-B019", WARNING, "A topic's only replica is not flushed to disk"),
    AUTO_CREATED_WEAK("RM-B020", WARNING, "Topics that brokers create by themselves are weak"),
    BROKER_SETTINGS_HIDDEN("RM-B021", NOTICE, "The settings of brokers are not visible"),
    TOPIC_IMPOSSIBLE("RM-B022", WARNING, "The name of a topic is impossible"),

    PRODUCER_ACKS("RM-P001", CRITICAL, "A producer of yours does not wait for all replicas"),
    PRODUCER_IDEMPOTENCE("RM-P002", CRITICAL, "A producer of yours is not idempotent"),
    PRODUCER_RETRIES("RM-P003", CRITICAL, "A producer of yours does not retry"),

    OFFSETS_EXPIRE("RM-C001", WARNING, "Offsets expire before messages do"),
    OFFSETS_WEAK("RM-C002", WARNING, "Offsets have too few replicas"),
    REMOVED_UNREAD("RM-C003", WARNING, "Messages were removed before a group has read them"),
    GROUP_HIDDEN("RM-C004", NOTICE, "The offsets of a group are not visible"),
    ID_USED_TWICE("RM-C005", WARNING, "Different messages came with one id"),

    FSYNC_OFF("RM-D001", CRITICAL, "PostgreSQL does not wait for its disk"),
    FULL_PAGE_WRITES_OFF("RM-D002", CRITICAL, "PostgreSQL does not protect pages that are half written"),
    SYNCHRONOUS_COMMIT_OFF("RM-D003", CRITICAL, "A commit returns before it is on disk"),
    UNLOGGED_TABLE("RM-D004", CRITICAL, "A table of ours is emptied by a crash"),
    DATABASE_UNKNOWN("RM-D005", CRITICAL, "PostgreSQL cannot be asked"),
    STANDBY_LAGS("RM-D006", WARNING, "A standby lags behind"),
    STANDBY_ASYNCHRONOUS("RM-D007", NOTICE, "A fail-over could undo commits"),
    HORIZON_HELD("RM-D008", WARNING, "Something keeps vacuum from cleaning up"),
    PREPARED_TRANSACTION("RM-D009", WARNING, "A prepared transaction was left open"),
    AUTOVACUUM_OFF("RM-D010", WARNING, "Autovacuum does not clean up our tables"),
    SESSIONS_HIDDEN("RM-D011", NOTICE, "What other sessions do is not visible"),
    SILENCE_NOT_NOTICED("RM-D012", WARNING, "A connection waits without end for a database that is silent"),
    POOL_TOO_SMALL("RM-D013", WARNING, "The connection pool is too small for the listeners"),
    STANDBY_NOT_AWAITED("RM-D014", WARNING, "A commit does not wait until a standby has it on disk");

    private final String code;
    private final Severity severity;
    private final String title;

    FindingCode(String code, Severity severity, String title) {
        this.code = code;
        this.severity = severity;
        this.title = title;
    }

    public Finding finding(String where, Object actual, Object required, String remedy) {
        return new Finding(code, severity, where, actual.toString(), required.toString(), remedy);
    }

    String code() {
        return code;
    }

    Severity severity() {
        return severity;
    }

    String title() {
        return title;
    }
}
