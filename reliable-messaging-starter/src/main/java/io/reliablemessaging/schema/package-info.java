/** Creates and checks our tables before any component reads them, and refuses them to other applications. */
@NullMarked
package io.reliablemessaging.schema;

import org.jspecify.annotations.NullMarked;
