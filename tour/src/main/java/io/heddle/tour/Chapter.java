package io.heddle.tour;

import java.util.List;

/**
 * Programs that belong together.
 *
 * @param title what they are about
 * @param programs the programs, in the order in which they are to be read
 */
record Chapter(String title, List<TourProgram> programs) {
  Chapter(String title, TourProgram... programs) {
    this(title, List.of(programs));
  }
}
