/**
 * An embedded key-value store and a client for it: the basis of the tour's chapter about the bulk
 * deletion of a store's keys. The two programs, {@code BulkDeleteStopOnErrors} and {@code
 * BulkDeleteKeepGoing}, contain all of its concurrency.
 *
 * <p>Pages and errors are those of {@code io.heddle.purge}. The outcomes and the summary are not:
 * like the Go originals, these programs delete one key with each request, and have no batches, runs
 * or checkpoints, which is what purge's outcomes and summary describe.
 */
@NullMarked
package io.heddle.tour.store;

import org.jspecify.annotations.NullMarked;
