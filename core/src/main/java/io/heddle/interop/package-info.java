/**
 * Heddle beside the JDK: existing code on goroutines, and goroutines behind the JDK's own types.
 *
 * <ul>
 *   <li>{@link io.heddle.interop.GoroutineExecutor} runs the tasks of an {@link
 *       java.util.concurrent.ExecutorService} in goroutines.
 * </ul>
 */
@NullMarked
package io.heddle.interop;

import org.jspecify.annotations.NullMarked;
