package io.heddle.tour;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.heddle.RuntimeInfo;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page of JDK versions lists the private parts of the JDK that Heddle uses, and no others. */
final class JdkVersionsTest {
  private static final Pattern ROW =
      Pattern.compile("^\\| `([a-z-]+)` \\| [^|`]*`(\\w+\\.[\\w.]+)`[^|]*\\|", Pattern.MULTILINE);

  @Test
  void thePageListsEveryPrivatePart() throws Exception {
    Page page = Page.of(Page.ROOT.resolve("docs/reference/jdk-versions.md"));
    List<String> listed =
        ROW.matcher(page.text()).results().map(row -> row.group(1) + " " + row.group(2)).toList();
    List<String> used =
        RuntimeInfo.current().hooks().stream()
            .map(hook -> hook.name() + " " + hook.member().replace("java.lang.", ""))
            .toList();
    assertEquals(used, listed);
  }
}
