package io.heddle.purge.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
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
                Selection one =
                    new Selection(
                        List.of(prefix),
                        match,
                        exclude,
                        Portion.ALL,
                        Filter.NONE,
                        file,
                        isNullSeparated);
                assertNull(all.put(one.toString(), one), one::toString);
                assertTrue(one.toString().chars().noneMatch(Character::isISOControl));
              }
            }
          }
        }
      }
    }
  }

  @Test
  void aFilterAndAPortionArePartOfTheText() {
    Filter filter =
        new Filter(
            "a b", true, Duration.ofSeconds(1), Duration.ofDays(1), Duration.ofMillis(5), 7L);
    assertEquals(
        "keys with --from \"a\" --before \"b\" --shard 2/3 --type \"a b\" --no-ttl --ttl-over 1000ms"
            + " --idle-over 86400000ms --older-than 5ms --larger-than 7",
        Selection.ALL.with(new Portion("a", "b", 2, 3)).with(filter).toString());
  }

  @Test
  void aPrefixThatBeginsWithAnotherAddsNothing() {
    Selection selection = Selection.ofPrefixes("img/", "b", "img/a", "b", "\udcc3", "\u00e4");
    assertEquals(List.of("b", "img/", "\udcc3"), selection.prefixes());
    assertEquals("keys that begin with \"b\" or \"img/\" or \"\\udcc3\"", selection.toString());
    assertTrue(Selection.ofPrefixes("a", "").isAll());
  }

  /** The bytes of the character are C3 A4. */
  @Test
  void aPrefixMayEndWithinACharacter() {
    Selection selection = Selection.ofPrefixes("a\udcc3");
    assertTrue(selection.test("a\u00e4b"));
    assertTrue(selection.test("a\udcc3"));
    assertTrue(selection.test("a\udcc3b"));
    assertFalse(selection.test("a\u0142"));
    assertFalse(selection.test("a"));
  }

  @Test
  void eachKeyIsInOneShardAndTheShardsAreAboutEqual() {
    int[] sizes = new int[4];
    for (int i = 0; i < 10_000; i++) {
      String key = "user:" + i;
      int shard = 0;
      for (int number = 1; number <= 4; number++) {
        if (new Portion(null, null, number, 4).test(key)) {
          assertEquals(0, shard, key);
          shard = number;
        }
      }
      sizes[shard - 1]++;
    }
    for (int size : sizes) {
      assertTrue(size > 2300 && size < 2700, () -> Arrays.toString(sizes));
    }
  }

  @Test
  void aRangeIsInTheOrderOfTheBytes() {
    Portion range = new Portion("b", "\ud800\udc00", 1, 1);
    assertTrue(range.test("b"));
    assertTrue(range.test("\uffff"), "whose bytes are below those of a surrogate pair");
    assertFalse(range.test("a"));
    assertFalse(range.test("\ud800\udc00"));
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
