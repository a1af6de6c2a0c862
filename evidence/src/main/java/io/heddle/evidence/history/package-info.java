/** Histories of concurrent operations, and the search for an order of effects that explains one. */
@NullMarked
package io.heddle.evidence.history;

import org.jspecify.annotations.NullMarked;
