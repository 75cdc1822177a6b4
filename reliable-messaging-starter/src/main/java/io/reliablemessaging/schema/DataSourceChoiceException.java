package io.reliablemessaging.schema;

import io.reliablemessaging.settings.StartupRefusal;
import java.util.Collection;

/** Refuses the start because it is not clear which data source holds our tables. */
final class DataSourceChoiceException extends StartupRefusal {

    private DataSourceChoiceException(String message, String action) {
        super(message, action);
    }

    static DataSourceChoiceException ambiguous(Collection<String> names) {
        return new DataSourceChoiceException(
                "There are several data sources (%s) and none is primary, so it is not clear which one holds the tables of reliable messaging"
                        .formatted(String.join(", ", names)),
                "Set '%s' to the bean name of the one that your transactions publish in, or mark it @Primary."
                        .formatted(MessagingDataSource.PROPERTY));
    }

    static DataSourceChoiceException unknown(String name, Collection<String> names) {
        return new DataSourceChoiceException(
                "%s=%s names no data source".formatted(MessagingDataSource.PROPERTY, name),
                "Set it to the bean name of one of these: %s.".formatted(String.join(", ", names)));
    }
}
