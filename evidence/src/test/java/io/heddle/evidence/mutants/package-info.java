/**
 * Plants mistakes in core, one at a time, and asks core's own tests whether they notice.
 *
 * <p>The mistakes are in {@code mutants.txt}; {@code bin/mutants} plants them.
 */
@NullMarked
package io.heddle.evidence.mutants;

import org.jspecify.annotations.NullMarked;
