package io.heddle.race.report;

/**
 * An access to a variable.
 *
 * @param writes whether it is a write
 * @param epoch when, and by which thread
 * @param stack the number of its stack, whose innermost place is that of the access
 */
public record Access(boolean writes, long epoch, int stack) {}
