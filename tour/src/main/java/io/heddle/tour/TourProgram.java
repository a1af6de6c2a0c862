package io.heddle.tour;

import java.time.Duration;

/**
 * A program of the tour, and what must be true of it.
 *
 * @param name the name of its file and class
 * @param shows what it demonstrates, in a few words
 * @param atLeast how long it must take, if only because it sleeps. There is no upper limit: a slow
 *     machine is no failure.
 * @param prints what it must print
 * @param inRealTime whether it makes sense in real time only, because it waits for I/O
 */
record TourProgram(
    String name, String shows, Duration atLeast, Expectation prints, boolean inRealTime) {
  TourProgram(String name, String shows, Duration atLeast, Expectation prints) {
    this(name, shows, atLeast, prints, false);
  }
}
