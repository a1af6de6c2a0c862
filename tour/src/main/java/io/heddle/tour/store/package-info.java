/**
 * An embedded key-value store, a client for it, and a spinner: the basis of the tour's chapter
 * about the bulk deletion of a store's keys. The two programs, {@code BulkDeleteStopOnErrors} and
 * {@code BulkDeleteKeepGoing}, contain all of its concurrency.
 */
@NullMarked
package io.heddle.tour.store;

import org.jspecify.annotations.NullMarked;
