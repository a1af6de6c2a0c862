package io.heddle.purge.workers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Context;
import io.heddle.purge.Deletion;
import io.heddle.purge.Page;
import io.heddle.purge.Store;
import io.heddle.purge.engine.Selection;
import io.heddle.purge.stores.MemoryStore;
import io.heddle.testing.Bubbled;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** How a selection is divided. */
final class PartPlannerTest {
  private static final int WANTED = 8;

  private static MemoryStore store(String... prefixes) {
    MemoryStore store = new MemoryStore();
    for (String prefix : prefixes) {
      store.addAll(IntStream.range(0, 3000).mapToObj(i -> prefix + i).toList());
    }
    return store;
  }

  private static List<Part> parts(Store store, Selection selection) throws Exception {
    return new PartPlanner(store, Context.background()).parts(selection, WANTED);
  }

  /**
   * Each key is in one of the parts before the last, except those that are themselves a prefix that
   * was divided.
   */
  private static void assertDivides(MemoryStore store, Selection all, List<Part> parts) {
    assertEquals(Part.of(all.prefixes()), parts.getLast());
    int left = 0;
    for (String key : store.keys()) {
      long count =
          parts.subList(0, parts.size() - 1).stream()
              .filter(part -> part.of(all).test(key))
              .count();
      assertTrue(count <= (all.test(key) ? 1 : 0), key);
      left += all.test(key) && count == 0 ? 1 : 0;
    }
    assertTrue(left < 2 * WANTED, left + " keys are left to the last part");
  }

  @Test
  @Bubbled
  void prefixesWithManyKeysAreDivided() throws Exception {
    MemoryStore store = store("img/a", "img/b", "img/c", "tmp/");
    List<Part> parts = parts(store, Selection.ALL);
    assertTrue(parts.size() > WANTED, parts::toString);
    assertDivides(store, Selection.ALL, parts);
  }

  @Test
  @Bubbled
  void onlyTheSelectedPrefixIsDivided() throws Exception {
    MemoryStore store = store("img/a", "img/b", "tmp/");
    Selection selection = Selection.ofPrefixes("img/");
    assertDivides(store, selection, parts(store, selection));
  }

  /** They are left to the last part. */
  @Test
  @Bubbled
  void keysWithOtherCharactersCostNothing() throws Exception {
    MemoryStore store = store("ü", "a");
    List<Part> parts = parts(store, Selection.ALL);
    assertTrue(
        parts.stream()
            .allMatch(part -> part.prefixes().stream().allMatch(prefix -> prefix.startsWith("a"))),
        parts::toString);
    assertEquals(Part.of(List.of()), parts.getLast());
  }

  @Test
  @Bubbled
  void aSmallStoreIsOnePart() throws Exception {
    MemoryStore store = new MemoryStore();
    store.addAll(List.of("a", "b"));
    assertEquals(List.of(Part.of(List.of())), parts(store, Selection.ALL));
  }

  @Test
  void aPartOfAnotherSelectionIsRefused() {
    Selection all = Selection.ofPrefixes("img/", "tmp/");
    for (List<String> others :
        List.of(List.<String>of(), List.of("img"), List.of("img/a", "other/"))) {
      Part part = Part.of(others);
      assertFalse(part.isOf(all), part::toString);
      assertThrows(IllegalArgumentException.class, () -> part.of(all));
    }
    assertTrue(Part.of(List.of("img/a", "tmp/")).isOf(all));
  }

  /** A store that neither finds prefixes nor has parts of its own. */
  private record Opaque(MemoryStore keys) implements Store {
    @Override
    public String name() {
      return "opaque";
    }

    @Override
    public Page list(String prefix, @Nullable String cursor, int limit) {
      return keys.list(prefix, cursor, limit);
    }

    @Override
    public Deletion delete(List<String> batch) {
      return keys.delete(batch);
    }

    @Override
    public void close() {}
  }

  @Test
  @Bubbled
  void otherwiseEachPartIsAShard() throws Exception {
    MemoryStore store = store("a");
    List<Part> parts = parts(new Opaque(store), Selection.ALL);
    assertEquals(WANTED + 1, parts.size());
    assertDivides(store, Selection.ALL, parts);
  }
}
