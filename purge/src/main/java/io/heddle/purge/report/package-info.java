/** Tells a person, or a program, what a run does and has done. */
@NullMarked
package io.heddle.purge.report;

import org.jspecify.annotations.NullMarked;
