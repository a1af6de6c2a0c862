/**
 * A durable queue of messages in stages, with due times, leases and dead letters: in a file of this
 * process, or in a PostgreSQL database that any number of processes share.
 *
 * <p>{@link io.heddle.queue.Queue} is the interface. What a message needs to be kept for goes into
 * its body: a stage that nobody claims from keeps what is finished, and {@link
 * io.heddle.queue.Queue#find} and {@link io.heddle.queue.Queue#list} look at messages wherever they
 * are.
 *
 * <p>A caller says how long from now a message is due, not when; the queue adds that to a clock of
 * its own, which goes on evenly whatever happens to the time of day while a process has the queue
 * open. How long none had it open is told by the time of day: of this machine, or of PostgreSQL's.
 */
@NullMarked
package io.heddle.queue;

import org.jspecify.annotations.NullMarked;
