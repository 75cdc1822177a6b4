/** Audits whether messages are as durable as a sender believes. Collects the findings of all stages, and reports them. */
@NullMarked
package io.reliablemessaging.audit;

import org.jspecify.annotations.NullMarked;
