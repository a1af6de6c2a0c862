/** The last accesses to each variable, and the check of a new access against them. */
@NullMarked
package io.heddle.race.shadow;

import org.jspecify.annotations.NullMarked;
