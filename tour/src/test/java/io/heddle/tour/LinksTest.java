package io.heddle.tour;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Links between pages lead somewhere, and so do their anchors. */
final class LinksTest {
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern EXTERNAL = Pattern.compile("[a-z]+:.*");
  private static final Pattern HEADING = Pattern.compile("^#+ +(.*)$", Pattern.MULTILINE);
  private static final Pattern LINKED_TEXT = Pattern.compile("\\[([^\\]]*)\\]\\([^)]*\\)");
  private static final Pattern CODE = Pattern.compile("`[^`\n]*`");

  /** Broken links, each with its page. */
  private static List<String> broken(List<Page> pages) throws IOException {
    List<String> broken = new ArrayList<>();
    for (Page page : pages) {
      for (MatchResult link :
          LINK.matcher(CODE.matcher(page.prose()).replaceAll("`")).results().toList()) {
        if (!leadsSomewhere(page, link.group(1))) {
          broken.add(page.path().getFileName() + ": " + link.group(1));
        }
      }
    }
    return broken;
  }

  private static boolean leadsSomewhere(Page page, String link) throws IOException {
    if (EXTERNAL.matcher(link).matches()) {
      return true;
    }
    int hash = link.indexOf('#');
    String file = hash < 0 ? link : link.substring(0, hash);
    Path target = file.isEmpty() ? page.path() : page.path().resolveSibling(file).normalize();
    if (!Files.exists(target)) {
      return false;
    }
    return hash < 0 || anchors(Page.of(target)).contains(link.substring(hash + 1));
  }

  /** The anchors that GitHub gives to a page's headings. */
  private static Set<String> anchors(Page page) {
    Set<String> anchors = new HashSet<>();
    Map<String, Integer> seen = new HashMap<>();
    for (MatchResult heading : HEADING.matcher(page.prose()).results().toList()) {
      String words = LINKED_TEXT.matcher(heading.group(1)).replaceAll("$1");
      String anchor =
          words
              .strip()
              .toLowerCase(Locale.ROOT)
              .replaceAll("[^\\p{L}\\p{N}\\p{M}\\p{Pc} -]", "")
              .replace(' ', '-');
      int before = seen.merge(anchor, 1, Integer::sum) - 1;
      anchors.add(before == 0 ? anchor : anchor + "-" + before);
    }
    return anchors;
  }

  @Test
  void everyPageOfDocsIsInItsIndex() throws IOException {
    Path docs = Page.ROOT.resolve("docs");
    Page index = Page.of(docs.resolve("README.md"));
    Set<Path> linked = new HashSet<>();
    LINK.matcher(index.prose())
        .results()
        .forEach(link -> linked.add(docs.resolve(link.group(1)).normalize()));
    List<String> missing =
        Page.all().stream()
            .map(Page::path)
            .filter(page -> page.startsWith(docs) && !page.equals(index.path()))
            // The decisions have an index of their own, which is in this one.
            .filter(page -> !page.startsWith(docs.resolve("decisions")))
            .filter(page -> !linked.contains(page))
            .map(page -> docs.relativize(page).toString())
            .toList();
    assertEquals(List.of(), missing);
  }

  @Test
  void everyRelativeLinkLeadsSomewhere() throws IOException {
    List<Page> pages = Page.all();
    assertTrue(pages.size() > 50, () -> pages.toString());
    assertEquals(List.of(), broken(pages));
  }

  @Test
  void aBrokenLinkIsFound(@TempDir Path folder) throws IOException {
    Path page =
        Files.writeString(
            folder.resolve("page.md"),
            """
            # A page: `code` and, more

            [right](#a-page-code-and-more) [again](page.md#a-page-code-and-more-1) [far](https://example.org/x)
            [wrong](#a-page) [missing](missing.md) [missing, too](page.md#nothing) `[code](code)`

            ```text
            [block](block.md)
            ```

            ## A page: code and more
            """);
    assertEquals(
        List.of("page.md: #a-page", "page.md: missing.md", "page.md: page.md#nothing"),
        broken(List.of(Page.of(page))));
  }
}
