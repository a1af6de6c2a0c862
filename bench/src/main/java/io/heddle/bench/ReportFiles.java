package io.heddle.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The files of the report, in addition to the printed table.
 *
 * @param json the file for the figures, null for none
 * @param chart the file for the picture, null for none
 * @param markdown the file for the tables as a page, null for none
 */
public record ReportFiles(@Nullable Path json, @Nullable Path chart, @Nullable Path markdown) {

  private record One(String option, Path path, String content, Function<Report, String> text) {
    @Override
    public String toString() {
      return option + " " + path;
    }

    /** Opens the file unchanged. A pipe is not opened, since its reader would see an end. */
    void open() throws IOException {
      if (!Files.exists(path) || Files.isRegularFile(path) || Files.isDirectory(path)) {
        Files.newByteChannel(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE).close();
      } else if (!Files.isWritable(path)) {
        throw new AccessDeniedException(path.toString());
      }
    }

    /** The reason in words: the JDK's exceptions often contain only the name. */
    String reason(IOException e) {
      Path folder = path.toAbsolutePath().getParent();
      return switch (e) {
        case NoSuchFileException _ when folder != null && !Files.isDirectory(folder) ->
            "there is no folder " + folder;
        case NoSuchFileException _ -> "its folder takes no new file";
        case AccessDeniedException _ -> "it may not be written";
        case FileSystemException known when known.getReason() != null -> known.getReason();
        default -> String.valueOf(e.getMessage());
      };
    }
  }

  private List<One> all() {
    List<One> all = new ArrayList<>();
    add(all, "--json", json, "figures", Json::of);
    add(all, "--chart", chart, "chart", Chart::of);
    add(all, "--markdown", markdown, "tables", Markdown::of);
    return all;
  }

  private static void add(
      List<One> all,
      String option,
      @Nullable Path path,
      String content,
      Function<Report, String> text) {
    if (path != null) {
      all.add(new One(option, path, content, text));
    }
  }

  /**
   * Checks that all files can be written, before minutes of work whose result would be lost.
   * Existing content stays, and no file is left that did not exist before.
   *
   * @throws IllegalArgumentException if a file cannot be written, or two are the same; the message
   *     contains the option, the file and the reason
   */
  public void check() {
    List<One> all = all();
    List<Path> made = new ArrayList<>();
    try {
      for (int i = 0; i < all.size(); i++) {
        One one = all.get(i);
        if (one.path.toString().isEmpty()) {
          throw new IllegalArgumentException(one.option + " has an empty file name");
        }
        try {
          boolean isThere = Files.exists(one.path);
          one.open();
          if (!isThere) {
            made.add(one.path.toRealPath());
          }
          // All of them exist now, so two names for the same file are detected.
          for (One other : all.subList(0, i)) {
            if (Files.isSameFile(one.path, other.path)) {
              throw new IllegalArgumentException(
                  one + " would overwrite the file of " + other.option + ": name another");
            }
          }
        } catch (IOException e) {
          throw new IllegalArgumentException(one + ": " + one.reason(e), e);
        }
      }
    } finally {
      made.forEach(ReportFiles::delete);
    }
  }

  private static void delete(Path made) {
    try {
      Files.deleteIfExists(made);
    } catch (IOException e) {
      // The file is empty, and will be overwritten.
    }
  }

  /**
   * Writes every file that can be written.
   *
   * @throws IOException if a file could not be written; the message contains the option, the file
   *     and the reason for each
   */
  void write(Report report, PrintStream out) throws IOException {
    List<String> failures = new ArrayList<>();
    for (One one : all()) {
      try {
        Files.writeString(one.path, one.text.apply(report));
        out.println(one.content + " written to " + one.path);
      } catch (IOException e) {
        failures.add(one + ": " + one.reason(e));
      }
    }
    if (!failures.isEmpty()) {
      throw new IOException(String.join("; ", failures));
    }
  }
}
