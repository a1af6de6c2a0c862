/**
 * Places in the code, stacks of calls, and the names of objects and locks: the content of reports.
 */
@NullMarked
package io.heddle.race.site;

import org.jspecify.annotations.NullMarked;
