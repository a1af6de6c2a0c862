/** Goroutines, channels, select, the sync primitives, context and time. */
@NullMarked
package io.heddle;

import org.jspecify.annotations.NullMarked;
