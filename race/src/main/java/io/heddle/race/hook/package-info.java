/** What instrumented classes call. */
@NullMarked
package io.heddle.race.hook;

import org.jspecify.annotations.NullMarked;
