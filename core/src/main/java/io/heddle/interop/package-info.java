/**
 * Heddle beside the JDK: existing code on goroutines, and goroutines behind the JDK's own types.
 *
 * <ul>
 *   <li>{@link io.heddle.interop.GoroutineExecutor} runs the tasks of an {@link
 *       java.util.concurrent.ExecutorService} in goroutines.
 *   <li>{@link io.heddle.interop.ReceiverPublisher} is a {@link
 *       java.util.concurrent.Flow.Publisher} of what a channel yields.
 *   <li>{@link io.heddle.interop.StructuredTaskScope} has the names of the JDK's preview class.
 * </ul>
 *
 * <p>The other directions are with the types they lead to:
 *
 * <ul>
 *   <li>{@link io.heddle.Feed} receives from a stream, an iterable or a {@link
 *       java.util.concurrent.Flow.Publisher}.
 *   <li>{@link io.heddle.Receiver#stream} makes a stream of a channel.
 *   <li>{@link io.heddle.Select#onComplete} waits for a {@link
 *       java.util.concurrent.CompletionStage}.
 * </ul>
 */
@Machinery
@NullMarked
package io.heddle.interop;

import io.heddle.internal.Machinery;
import org.jspecify.annotations.NullMarked;
