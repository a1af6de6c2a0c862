package io.heddle.evidence.soak;

import org.jspecify.annotations.Nullable;

/** A part of the load, over some of the primitives, and the law that it must keep. */
interface Station {
  /** Starts the station's goroutines. */
  void open(Shift shift);

  /** When all of them have ended: throws an {@link AssertionError} if the law is broken. */
  void close();

  /** How much was done. */
  long done();

  /** Throws an {@link AssertionError} that says how a law is broken, if it is. */
  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency
  static void require(boolean kept, String law, @Nullable Object... details) {
    if (!kept) {
      throw new AssertionError(law.formatted(details));
    }
  }
}
