package io.heddle.purge.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SelectionTest {
  private static final List<String> TEXTS =
      List.of("a", "b", "a or b", "a\" and match b", "\"a\"", "a\" and do not match \"b", "\u001b");

  @Test
  void anOrdinarySelectionIsSaidWithoutMoreQuotesThanItNeeds() {
    Selection selection =
        new Selection("img/", List.of(), List.of(KeyPattern.ofGlob("*.png")), Path.of("keys.txt"));
    assertEquals(
        "keys of the file keys.txt that begin with \"img/\" and do not match *.png",
        selection.toString());
  }

  /** A checkpoint goes by the text. */
  @Test
  void twoSelectionsHaveTwoTexts() {
    Map<String, Selection> all = new HashMap<>();
    for (String prefix : TEXTS) {
      for (List<KeyPattern> match : patterns()) {
        for (List<KeyPattern> exclude : patterns()) {
          for (Path file : Arrays.asList(null, Path.of("a"), Path.of("a that begin with \"b\""))) {
            for (boolean isNullSeparated : new boolean[] {false, true}) {
              if (file != null || !isNullSeparated) {
                Selection one = new Selection(prefix, match, exclude, file, isNullSeparated);
                assertNull(all.put(one.toString(), one), one::toString);
                assertTrue(one.toString().chars().noneMatch(Character::isISOControl));
              }
            }
          }
        }
      }
    }
  }

  private static List<List<KeyPattern>> patterns() {
    return List.of(
        List.of(),
        List.of(KeyPattern.ofGlob("a")),
        List.of(KeyPattern.ofGlob("a"), KeyPattern.ofGlob("b")),
        List.of(KeyPattern.ofGlob("a or b")),
        List.of(KeyPattern.ofGlob("a and do not match b")),
        List.of(KeyPattern.ofGlob("\"a\"")));
  }
}
