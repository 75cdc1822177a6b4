package io.reliablemessaging.listener;

import io.reliablemessaging.handler.IllegalListenerException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Prints what is wrong with a listener, and what to write instead, in place of a stack trace. */
final class IllegalListenerFailureAnalyzer extends AbstractFailureAnalyzer<IllegalListenerException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, IllegalListenerException cause) {
        return new FailureAnalysis(cause.problem() + ".", cause.wayOut() + ".", cause);
    }
}
