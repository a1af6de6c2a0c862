package io.heddle.race.hook;

/** Something of Heddle's whose case, when chosen, acquires all that was released to it. */
public interface Acquirable {}
