package io.heddle.evidence.memory;

import java.util.function.Supplier;

/**
 * What has to be ordered, by the names that Go's race detector gives it in its own tests, or in our
 * words where Go has no test.
 */
record Line(String name, Supplier<Trial> trials) {
  @Override
  public String toString() {
    return name;
  }
}
