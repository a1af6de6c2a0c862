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
 * Where the report is to be written, besides the table that is printed.
 *
 * @param json where to write the figures, null for nowhere
 * @param chart where to write the picture, null for nowhere
 * @param markdown where to write the tables as a page, null for nowhere
 */
public record ReportFiles(@Nullable Path json, @Nullable Path chart, @Nullable Path markdown) {

  private record One(String option, Path path, String content, Function<Report, String> text) {
    @Override
    public String toString() {
      return option + " " + path;
    }

    /** Opens it, as it is. Whoever reads a pipe would take that for its end: it is only asked. */
    void open() throws IOException {
      if (!Files.exists(path) || Files.isRegularFile(path) || Files.isDirectory(path)) {
        Files.newByteChannel(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE).close();
      } else if (!Files.isWritable(path)) {
        throw new AccessDeniedException(path.toString());
      }
    }

    /** The JDK's exceptions often say only the name. */
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
   * Finds out whether all can be written, before minutes of work whose result would have no place
   * to go. What is in them stays, and there are no more files afterwards than before.
   *
   * @throws IllegalArgumentException if one cannot be, or two are the same; the message has the
   *     option, the file and the reason
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
          // All of them are there now, so that no link and no other spelling hides that two are
          // one.
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
      // It is empty, and will be overwritten.
    }
  }

  /**
   * Writes all that can be written.
   *
   * @throws IOException if one could not be; the message has the option, the file and the reason of
   *     each
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
