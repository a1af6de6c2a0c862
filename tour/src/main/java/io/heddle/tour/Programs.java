package io.heddle.tour;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Proves that the programs are on the class path, with their sources; to be replaced. */
public final class Programs {

  private Programs() {}

  /**
   * Reads a program's source.
   *
   * @param name the program's name
   * @return its source, or null when there is no such program
   * @throws IOException when it cannot be read
   */
  public static @Nullable String source(String name) throws IOException {
    try (InputStream in = Programs.class.getResourceAsStream("/programs/" + name + ".java")) {
      return in == null ? null : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
