/**
 * Go's concurrency model for Java: goroutines, channels, select, the sync package, context and
 * timers, on virtual threads.
 *
 * <p>Every blocking operation
 *
 * <ul>
 *   <li>declares {@link java.lang.InterruptedException} and throws it if the thread is interrupted
 *       before or during the wait; the operation has then not happened. If the operation was
 *       completed by another goroutine first, it returns normally and the interrupt stays pending,
 *       so nothing is lost and nothing happens twice;
 *   <li>comes in up to four forms: {@code x()} waits; {@code x(Context)} waits until the context is
 *       done and then throws a {@link io.heddle.ContextException}; {@code x(Duration)} waits that
 *       long and then throws a {@link java.util.concurrent.TimeoutException}; {@code tryX()} does
 *       not wait, and its result says whether the operation happened;
 *   <li>is a case of a {@linkplain io.heddle.Select select}: {@code onX(...)}.
 * </ul>
 *
 * <p>An operation that throws a {@link java.lang.StackOverflowError} has not happened, and what it
 * was called on stays usable: each one checks first that there is stack for all of it, up to 16 KB.
 * A goroutine cannot wait where its stack is so deep that the JVM cannot set it aside, which begins
 * at about a third of {@code -Xss}; a wait then throws that error as well. Giving something back,
 * such as unlocking, takes less stack than taking it, and succeeds in the same method.
 *
 * <p>Methods that run the caller's own code, such as those of {@link io.heddle.Once}, {@link
 * io.heddle.OnceValue}, {@link io.heddle.Race} and {@link io.heddle.SingleFlight#run}, have no
 * case, and neither has {@link io.heddle.Cond}, whose wait ends with its lock held.
 *
 * <p>All methods may be called from goroutines, from other virtual threads and from platform
 * threads. Unless a method says otherwise, arguments must not be null: a null causes a {@link
 * java.lang.NullPointerException}.
 */
@NullMarked
package io.heddle;

import org.jspecify.annotations.NullMarked;
