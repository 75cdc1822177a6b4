/** Is the durability real that a sender believes in? Gathers what the checks of all stages find, and tells. */
@NullMarked
package io.reliablemessaging.audit;

import org.jspecify.annotations.NullMarked;
