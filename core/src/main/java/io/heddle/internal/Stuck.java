package io.heddle.internal;

/**
 * Goroutines of a bubble that are blocked permanently.
 *
 * @param mainEnded whether the main goroutine has ended: then they are leaks, else it is a deadlock
 * @param goroutines each one's state, stack and creator
 */
public record Stuck(boolean mainEnded, String goroutines) {}
