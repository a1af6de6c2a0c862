package io.heddle.tour;

import java.util.List;

/**
 * Programs that belong together.
 *
 * @param title their subject
 * @param programs the programs, in reading order
 */
record Chapter(String title, List<TourProgram> programs) {
  Chapter(String title, TourProgram... programs) {
    this(title, List.of(programs));
  }
}
