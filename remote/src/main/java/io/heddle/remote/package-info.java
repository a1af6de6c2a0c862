/**
 * Channels and locks between processes: the shapes of {@code io.heddle} with the promises that a
 * network can keep.
 *
 * <p>{@link io.heddle.remote.Remote} is a connection to a backend: an embedded file, a PostgreSQL
 * database that any number of processes share, NATS JetStream, or etcd, which has locks but no
 * channels. It makes the other objects:
 *
 * <ul>
 *   <li>{@link io.heddle.remote.Outlet} sends values to a channel, durably.
 *   <li>{@link io.heddle.remote.Inlet} receives them as {@linkplain io.heddle.remote.Delivery
 *       deliveries}, which the receiver acknowledges. Delivery is at least once.
 *   <li>{@link io.heddle.remote.RemoteMutex} is a lock with a lease and a fencing token, {@link
 *       io.heddle.remote.RemoteSemaphore} a number of permits, {@link io.heddle.remote.RemoteOnce}
 *       an action whose result is stored once, and {@link io.heddle.remote.Election} elects a
 *       leader.
 *   <li>{@link io.heddle.remote.Propagation} carries deadlines, traces and baggage in headers.
 *   <li>{@link io.heddle.remote.DeadLetters} shows the messages that receivers have given up.
 * </ul>
 *
 * <p>A remote channel is not a {@link io.heddle.Chan}. There is no rendezvous, no exact length, and
 * no delivery exactly once.
 *
 * <p>Unless a method says otherwise, its parameters must not be null, and it may be called from any
 * goroutine or thread at any time.
 */
@NullMarked
package io.heddle.remote;

import org.jspecify.annotations.NullMarked;
