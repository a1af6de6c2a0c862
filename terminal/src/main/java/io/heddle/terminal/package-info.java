/** Progress on a terminal. */
@NullMarked
package io.heddle.terminal;

import org.jspecify.annotations.NullMarked;
