/** Runs virtual threads on Heddle's own workers. Knows nothing of the rest of Heddle. */
@Machinery
@NullMarked
package io.heddle.scheduler;

import io.heddle.internal.Machinery;
import org.jspecify.annotations.NullMarked;
