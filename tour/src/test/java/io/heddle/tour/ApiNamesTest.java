package io.heddle.tour;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A type of Heddle has the members that the documentation names: {@code `Go.sleep`}. */
final class ApiNamesTest {
  private static final Pattern NAME = Pattern.compile("`([A-Z]\\w*)\\.(\\w+)");
  private static final List<String> PACKAGES =
      List.of(
          "io.heddle", "io.heddle.flow", "io.heddle.rate", "io.heddle.remote", "io.heddle.testing");

  /** Pages about earlier versions too, whose names are history. */
  private static final Pattern HISTORY =
      Pattern.compile("CHANGELOG\\.md|docs/(correctness\\.md|decisions/.*)");

  private static List<String> unknown(List<Page> pages) {
    List<String> unknown = new ArrayList<>();
    for (Page page : pages) {
      for (MatchResult name : NAME.matcher(page.prose()).results().toList()) {
        List<Class<?>> types = types(name.group(1));
        if (!types.isEmpty() && types.stream().noneMatch(type -> has(type, name.group(2)))) {
          unknown.add(page + ": " + name.group().substring(1));
        }
      }
    }
    return unknown;
  }

  private static List<Class<?>> types(String simpleName) {
    List<Class<?>> types = new ArrayList<>();
    for (String name : PACKAGES) {
      try {
        types.add(Class.forName(name + "." + simpleName));
      } catch (ClassNotFoundException e) {
        // it may be in another package, or be the JDK's
      }
    }
    return types;
  }

  private static boolean has(Class<?> type, String member) {
    return Stream.of(
            Arrays.stream(type.getMethods()).map(Method::getName),
            Arrays.stream(type.getFields()).map(Field::getName),
            Arrays.stream(type.getClasses()).map(Class::getSimpleName))
        .flatMap(names -> names)
        .anyMatch(member::equals);
  }

  @Test
  void everyMemberThatAPageNamesExists() throws IOException {
    List<Page> pages =
        Page.all().stream().filter(page -> !HISTORY.matcher(page.toString()).matches()).toList();
    assertTrue(pages.size() > 15, pages::toString);
    assertEquals("", String.join("\n", unknown(pages)));
  }

  @Test
  void aMemberThatDoesNotExistIsFound() {
    Page page =
        new Page(
            Page.ROOT.resolve("page.md"),
            "`Go.sleep(…)`, `Go.slumber`, `Thread.slumber`, `Chan.T`");
    assertEquals(List.of("page.md: Go.slumber", "page.md: Chan.T"), unknown(List.of(page)));
  }
}
