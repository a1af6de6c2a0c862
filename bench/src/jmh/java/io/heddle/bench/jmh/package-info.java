/**
 * Benchmarks of Java alone, for JMH: {@code bin/bench-jmh}. Comparisons with other libraries are in
 * {@code ./heddle bench}.
 */
@NullMarked
package io.heddle.bench.jmh;

import org.jspecify.annotations.NullMarked;
