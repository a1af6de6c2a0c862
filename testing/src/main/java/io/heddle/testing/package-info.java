/**
 * Tests of concurrent programs: {@link io.heddle.testing.Bubble} runs one in virtual time.
 *
 * <p>The annotations are for JUnit Jupiter; all the rest needs no test framework.
 */
@NullMarked
package io.heddle.testing;

import org.jspecify.annotations.NullMarked;
