/** Code that the peers on the JVM share: rounds, RunParallel, local work, and their process. */
@NullMarked
package io.heddle.bench.peer;

import org.jspecify.annotations.NullMarked;
