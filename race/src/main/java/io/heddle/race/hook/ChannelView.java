package io.heddle.race.hook;

import org.jspecify.annotations.Nullable;

/** A channel of Heddle's. The agent has the class implement it, to get at its fields. */
@SuppressWarnings("MethodName") // no name of the woven class can be in the way
public interface ChannelView extends HandOver {
  /**
   * The field.
   *
   * @return the size of the buffer
   */
  int race$capacity();

  /**
   * The field.
   *
   * @return how many values are in the buffer
   */
  int race$count();

  /**
   * The field.
   *
   * @return whether the channel has been closed
   */
  boolean race$isClosed();

  /**
   * A field that is added.
   *
   * @return the channel's clocks
   */
  @Nullable Object race$clocks();

  /**
   * Sets the field that is added.
   *
   * @param clocks the channel's clocks
   */
  void race$clocks(@Nullable Object clocks);
}
