/** The workloads on Jox. */
@NullMarked
package io.heddle.bench.jox;

import org.jspecify.annotations.NullMarked;
