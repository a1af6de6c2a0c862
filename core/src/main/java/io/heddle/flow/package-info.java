/**
 * Pipelines: stages that are connected by channels and end together.
 *
 * <p>{@link io.heddle.flow.Pipeline} has the stages that Go programmers write again and again
 * (generate, merge, map with workers, batch, tee), and owns the goroutines that run them.
 *
 * <p>Arguments are not null, and a null is answered with a {@link java.lang.NullPointerException}.
 */
@Machinery
@NullMarked
package io.heddle.flow;

import io.heddle.internal.Machinery;
import org.jspecify.annotations.NullMarked;
