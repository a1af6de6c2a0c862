/**
 * An embedded key-value store, a client for it, and a spinner: what the tour's last chapter, the
 * bulk deletion of all keys of a store, stands on. The two programs, {@code BulkDeleteStopOnErrors}
 * and {@code BulkDeleteKeepGoing}, hold all of the concurrency between them.
 */
@NullMarked
package io.heddle.tour.store;

import org.jspecify.annotations.NullMarked;
