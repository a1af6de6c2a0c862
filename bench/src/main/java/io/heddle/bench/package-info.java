/** The benchmark: starts the peers' processes, has them run the same work, and reports. */
@NullMarked
package io.heddle.bench;

import org.jspecify.annotations.NullMarked;
