/** Brings our tables into being before anyone reads them, and keeps other applications out of them. */
@NullMarked
package io.reliablemessaging.schema;

import org.jspecify.annotations.NullMarked;
