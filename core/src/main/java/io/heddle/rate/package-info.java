/**
 * Limits for how often events happen: a token bucket and a filter for repeated actions, as in
 * {@code golang.org/x/time/rate}.
 *
 * <p>Both read the clock of the program that calls them, through {@link io.heddle.Go#nanoTime}, so
 * that a test which replaces the clock replaces theirs. An object shared by programs with different
 * clocks sees time jump; that is safe, but makes no sense.
 */
@NullMarked
package io.heddle.rate;

import org.jspecify.annotations.NullMarked;
