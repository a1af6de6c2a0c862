/** Keys as bytes, as lines of text and as JSON, without loss. */
@NullMarked
package io.heddle.purge.keys;

import org.jspecify.annotations.NullMarked;
