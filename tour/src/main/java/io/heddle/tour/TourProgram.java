package io.heddle.tour;

import java.time.Duration;

/**
 * A program of the tour, and its expected behaviour.
 *
 * @param name the name of its file and class
 * @param shows what it demonstrates, in a few words
 * @param atLeast the minimum duration, for example because it sleeps. There is no upper limit,
 *     because a slow machine is not a failure.
 * @param prints its expected output
 * @param place where it can run
 */
record TourProgram(String name, String shows, Duration atLeast, Expectation prints, Place place) {
  TourProgram(String name, String shows, Duration atLeast, Expectation prints) {
    this(name, shows, atLeast, prints, new Place.Anywhere());
  }

  /** Where a program can run. */
  sealed interface Place {
    /** In this JVM, in real time or in a bubble. */
    record Anywhere() implements Place {}

    /** In this JVM, in real time only: it waits for I/O, or it computes. */
    record InRealTime() implements Place {}

    /**
     * In a JVM of its own, because it ends the JVM, or because threads that are not its own would
     * matter.
     *
     * @param exitStatus the expected exit status of that JVM
     */
    record InOwnJvm(int exitStatus) implements Place {}
  }
}
