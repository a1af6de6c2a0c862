/** Goroutines beside what else there is in a JVM: locals, monitors, I/O, other executors, tools. */
@NullMarked
package io.heddle.evidence.interplay;

import org.jspecify.annotations.NullMarked;
