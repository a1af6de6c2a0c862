/**
 * A durable queue of messages in stages, with due times, leases and dead letters: in a file of this
 * process, or in a PostgreSQL database that any number of processes share.
 *
 * <p>The drivers are optional dependencies. A queue in a file needs {@code org.xerial:sqlite-jdbc},
 * and one in PostgreSQL {@code org.postgresql:postgresql}.
 *
 * <p>{@link io.heddle.queue.Queue} is the interface. A message's body contains everything that must
 * be kept: a stage from which no worker claims keeps finished messages, and {@link
 * io.heddle.queue.Queue#find} and {@link io.heddle.queue.Queue#list} read messages in any stage.
 *
 * <p>A caller gives the delay until a message is due, not a time of day. The queue adds the delay
 * to a clock of its own, which advances evenly while a process has the queue open, even if the time
 * of day jumps. The time during which no process had it open is measured by the time of day, of
 * this machine or of PostgreSQL's.
 */
@NullMarked
package io.heddle.queue;

import org.jspecify.annotations.NullMarked;
