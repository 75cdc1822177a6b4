/** Creates missing topics, checks topics against the durability rules, and knows what each topic takes. */
@NullMarked
package io.reliablemessaging.topics;

import org.jspecify.annotations.NullMarked;
