/** Reports of races, and which races are not reported. */
@NullMarked
package io.heddle.race.report;

import org.jspecify.annotations.NullMarked;
