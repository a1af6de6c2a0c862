package io.heddle.tour;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.tour.Page.Block;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The Java blocks of tutorials and how-to guides are parts of sources that the page links to, so
 * they compile, and other tests run them. A line {@code // …} stands for lines that are left out.
 */
final class SnippetsTest {
  private static final Pattern SOURCE = Pattern.compile("\\]\\(([^)\\s:]+\\.java)\\)");

  /** The code without imports and white space: pages and sources may break lines differently. */
  private static String bare(String code) {
    return code.lines()
        .filter(line -> !line.startsWith("import "))
        .map(line -> line.replaceAll("\\s", ""))
        .collect(Collectors.joining());
  }

  private static String sources(Page page) throws IOException {
    StringBuilder sources = new StringBuilder();
    for (MatchResult link : SOURCE.matcher(page.prose()).results().toList()) {
      Path source = page.path().resolveSibling(link.group(1)).normalize();
      sources.append(bare(Files.readString(source)));
    }
    return sources.toString();
  }

  /** The parts of a page's Java blocks that none of its sources has. */
  @SuppressWarnings("StringSplitter") // an empty part at the end is no part
  private static List<String> missing(Page page, String sources) {
    List<String> missing = new ArrayList<>();
    for (Block block : page.blocks()) {
      if (block.language().equals("java") && !block.isProgram()) {
        for (String part : block.text().split("(?m)^ *// …$")) {
          if (!sources.contains(bare(part))) {
            missing.add(page + ":\n" + part);
          }
        }
      }
    }
    return missing;
  }

  @Test
  void everySnippetIsPartOfASourceThatItsPageLinksTo() throws IOException {
    List<String> missing = new ArrayList<>();
    int pages = 0;
    for (Page page : Page.all()) {
      if (page.toString().startsWith("docs/how-to/") || page.toString().startsWith("docs/start/")) {
        pages++;
        missing.addAll(missing(page, sources(page)));
      }
    }
    assertTrue(pages > 1, "no pages");
    assertEquals("", String.join("\n", missing));
  }

  @Test
  void aSnippetThatDiffersIsFound() {
    Page page =
        new Page(
            Page.ROOT.resolve("docs/how-to/page.md"),
            """
            ```java
            a();
            // …
            c();
            ```

            ```java
            b(1);
            ```
            """);
    assertEquals(
        List.of("docs/how-to/page.md:\nb(1);\n"), missing(page, bare("a();\nb(2);\n  c();\n")));
  }
}
