/**
 * Limits how often things happen: a token bucket and a filter for repeated actions, as in {@code
 * golang.org/x/time/rate}, and a limiter that learns what a remote service accepts.
 *
 * <p>All of them read the clock of the program that calls them, through {@link
 * io.heddle.Go#nanoTime}, so that a test which replaces the clock replaces theirs. An object shared
 * by programs with different clocks sees time jump. That is safe, but its limits are not kept.
 */
@Machinery
@NullMarked
package io.heddle.rate;

import io.heddle.internal.Machinery;
import org.jspecify.annotations.NullMarked;
