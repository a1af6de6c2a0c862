/**
 * What the peers on the JVM share: rounds, RunParallel, local work, and the process they run in.
 */
@NullMarked
package io.heddle.bench.peer;

import org.jspecify.annotations.NullMarked;
