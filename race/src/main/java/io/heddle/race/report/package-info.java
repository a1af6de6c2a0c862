/** Where accesses happened, and the reports of races. */
@NullMarked
package io.heddle.race.report;

import org.jspecify.annotations.NullMarked;
