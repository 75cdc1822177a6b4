/** Asks PostgreSQL whether what is committed stays committed. Owns no table. */
@NullMarked
package io.reliablemessaging.database;

import org.jspecify.annotations.NullMarked;
