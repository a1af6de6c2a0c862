package io.heddle;

import org.jspecify.annotations.Nullable;

/** Proves the build; to be deleted with the first real class. */
public final class Placeholder {

  private Placeholder() {}

  /**
   * Says something.
   *
   * @param name whom to greet, or null for everybody
   * @return a greeting
   */
  public static String greet(@Nullable String name) {
    return "Hello, " + (name == null ? "world" : name);
  }
}
