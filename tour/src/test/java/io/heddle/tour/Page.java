package io.heddle.tour;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A Markdown file of the project. */
record Page(Path path, String text) {
  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  private static final Pattern BLOCK =
      Pattern.compile("^ *```(\\w*)\\R(.*?)^ *```$", Pattern.MULTILINE | Pattern.DOTALL);

  /**
   * A fenced block of a page.
   *
   * @param language what stands after the fence
   * @param text its lines
   * @param output the text block that follows, if only shell commands stand between; otherwise ""
   */
  record Block(String language, String text, String output) {
    boolean isProgram() {
      return language.equals("java") && text.contains("void main(");
    }

    @Override
    public String toString() {
      return output.strip();
    }
  }

  static Page of(Path path) throws IOException {
    return new Page(path, Files.readString(path));
  }

  /** The README, the pages beside it, and those in docs. */
  static List<Page> all() throws IOException {
    try (Stream<Path> top = Files.list(ROOT);
        Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
      List<Path> paths =
          Stream.concat(top, docs)
              .filter(path -> path.toString().endsWith(".md"))
              .sorted()
              .toList();
      return paths.stream().map(Page::unchecked).toList();
    }
  }

  private static Page unchecked(Path path) {
    try {
      return of(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<Block> blocks() {
    List<Block> blocks = new ArrayList<>();
    String output = "";
    for (MatchResult found : BLOCK.matcher(text).results().toList().reversed()) {
      String language = found.group(1);
      blocks.addFirst(new Block(language, found.group(2), output));
      if (!language.equals("sh")) { // which may stand between a program and its output
        output = language.equals("text") ? found.group(2) : "";
      }
    }
    return blocks;
  }

  /** The text without its blocks, in which nothing is a link or a heading. */
  String prose() {
    return BLOCK.matcher(text).replaceAll("");
  }

  /** The page's path from the project's folder. */
  @Override
  public String toString() {
    return ROOT.relativize(path).toString();
  }
}
