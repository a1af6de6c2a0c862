/**
 * Random programs with one answer, each run by Go and by Heddle from the same description.
 *
 * <p>A {@link io.heddle.evidence.golang.Draft} makes the tree of a program from a seed; {@link
 * io.heddle.evidence.golang.GoSource} prints it as Go; {@link io.heddle.evidence.golang.Execution}
 * runs it by calls of Heddle; {@link io.heddle.evidence.golang.Comparison} compares the results.
 */
@NullMarked
package io.heddle.evidence.golang;

import org.jspecify.annotations.NullMarked;
