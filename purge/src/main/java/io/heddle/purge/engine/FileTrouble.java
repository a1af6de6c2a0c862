package io.heddle.purge.engine;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Describes an error of a file to people: the JDK's exceptions often contain only its name. */
final class FileTrouble {
  private FileTrouble() {}

  /** The same error with the name of the file, which errors of writing lack. */
  static IOException of(Path path, IOException e) {
    return e.getMessage() == null ? e : new IOException(path + ": " + e.getMessage(), e);
  }

  static String text(IOException e) {
    return switch (e) {
      case NoSuchFileException _ -> "there is no such file or folder: " + e.getMessage();
      case AccessDeniedException _ -> "it may not be read or written: " + e.getMessage();
      default -> String.valueOf(e.getMessage());
    };
  }
}
