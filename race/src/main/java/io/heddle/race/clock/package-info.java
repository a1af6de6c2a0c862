/** Vector clocks, and what the detector knows of each thread. */
@NullMarked
package io.heddle.race.clock;

import org.jspecify.annotations.NullMarked;
