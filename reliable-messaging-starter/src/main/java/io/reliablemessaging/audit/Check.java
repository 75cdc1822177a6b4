package io.reliablemessaging.audit;

import io.reliablemessaging.Finding;
import java.util.List;

/** Looks at one part of the way for what could lose messages. What it cannot see is a finding too. */
public interface Check {

    List<Finding> look();
}
