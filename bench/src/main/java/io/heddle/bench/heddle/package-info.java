/** The workloads on Heddle. */
@NullMarked
package io.heddle.bench.heddle;

import org.jspecify.annotations.NullMarked;
