package io.heddle.local;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds programs that are installed. */
final class Programs {
  private static final List<String> FOLDERS =
      List.of("/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin");

  private Programs() {}

  /** The path of a program, in the folders of PATH or of package managers. */
  static Optional<Path> find(String program) {
    List<String> folders =
        new ArrayList<>(List.of(System.getenv().getOrDefault("PATH", "").split(":", -1)));
    folders.addAll(FOLDERS);
    return folders.stream()
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst();
  }
}
