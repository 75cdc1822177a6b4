package org.springframework.retry.annotation;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/** Stands for Spring Retry's, which is known by its name only. */
@Retention(RetentionPolicy.RUNTIME)
public @interface Retryable {}
