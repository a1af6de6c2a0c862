package io.heddle.race.hook;

/** Something that waiters of Heddle's wait on, and whose waker happens before their going on. */
public interface HandOver {}
