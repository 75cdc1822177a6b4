package io.reliablemessaging.audit;

import io.reliablemessaging.Finding;
import java.util.List;

/** Checks one part of a message's way for settings that could lose messages. A setting that it cannot see is a finding, too. */
public interface DurabilityCheck {

    List<Finding> run();
}
