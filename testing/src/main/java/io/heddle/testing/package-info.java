/**
 * Tests of concurrent programs: {@link io.heddle.testing.Bubble} runs one in virtual time, {@link
 * io.heddle.testing.LeakCheck} names the goroutines that it leaves behind, and {@link
 * io.heddle.testing.Explore} runs it under many schedules.
 *
 * <p>The annotations are for JUnit Jupiter; everything else needs no test framework.
 */
@NullMarked
package io.heddle.testing;

import org.jspecify.annotations.NullMarked;
