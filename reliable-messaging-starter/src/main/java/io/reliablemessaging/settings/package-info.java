/** Refuses to start with settings that are certainly a mistake, with messages of one form. */
@NullMarked
package io.reliablemessaging.settings;

import org.jspecify.annotations.NullMarked;
