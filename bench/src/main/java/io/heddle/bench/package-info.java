/** The benchmark: starts the peers' processes, runs the same workloads in all, and reports. */
@NullMarked
package io.heddle.bench;

import org.jspecify.annotations.NullMarked;
