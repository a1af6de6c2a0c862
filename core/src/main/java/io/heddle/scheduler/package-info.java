/** Runs virtual threads on Heddle's own workers. Knows nothing of the rest of Heddle. */
@NullMarked
package io.heddle.scheduler;

import org.jspecify.annotations.NullMarked;
