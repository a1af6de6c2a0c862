package io.heddle.race.site;

/** Something that stands for what a report names, as the statics of a class. */
public interface Named {
  /**
   * The name.
   *
   * @return for a report
   */
  String name();
}
