/**
 * A job that several processes do together: its parts are messages of a queue, and the position in
 * each part is kept where all processes can read it.
 */
@NullMarked
package io.heddle.purge.workers;

import org.jspecify.annotations.NullMarked;
