/**
 * Carries the thread-locals that are registered with Micrometer Context Propagation into
 * goroutines.
 */
@NullMarked
package io.heddle.micrometer;

import org.jspecify.annotations.NullMarked;
