/** Reports the progress and the result of a run to a person or a program. */
@NullMarked
package io.heddle.purge.report;

import org.jspecify.annotations.NullMarked;
