/** Checks whether PostgreSQL keeps what it has committed. Owns no table. */
@NullMarked
package io.reliablemessaging.database;

import org.jspecify.annotations.NullMarked;
