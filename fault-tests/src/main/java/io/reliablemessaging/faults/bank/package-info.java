/** A bank, written as any user's application would be: its transactions publish transfers, its listeners book them. */
@NullMarked
package io.reliablemessaging.faults.bank;

import org.jspecify.annotations.NullMarked;
