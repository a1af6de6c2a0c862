/** The workloads on java.util.concurrent on virtual threads. */
@NullMarked
package io.heddle.bench.juc;

import org.jspecify.annotations.NullMarked;
