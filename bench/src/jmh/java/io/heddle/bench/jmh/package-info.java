/**
 * Questions about Java alone, for JMH: {@code bin/bench-jmh}. What is compared with others is in
 * {@code ./heddle bench}.
 */
@NullMarked
package io.heddle.bench.jmh;

import org.jspecify.annotations.NullMarked;
