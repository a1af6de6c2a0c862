package io.heddle.purge.stores;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.purge.Outcome;
import io.heddle.purge.Page;
import io.heddle.purge.Store;
import io.heddle.purge.engine.Observer;
import io.heddle.purge.engine.Plan;
import io.heddle.purge.engine.Progress;
import io.heddle.purge.engine.Purge;
import io.heddle.purge.engine.Selection;
import io.heddle.purge.engine.Summary;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What has to be true of every store. Each test finds it empty. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class StoreContract {
  abstract Store store();

  /** Puts keys into the store, by other means than those that are tested. */
  abstract void put(List<String> keys) throws Exception;

  private static List<String> keys(String prefix, int count) {
    return IntStream.range(0, count).mapToObj(i -> prefix + i).toList();
  }

  private Set<String> list(String prefix, int limit) throws Exception {
    Set<String> keys = new HashSet<>();
    String cursor = null;
    do {
      Page page = store().list(prefix, cursor, limit);
      keys.addAll(page.keys());
      cursor = page.next();
    } while (cursor != null);
    return keys;
  }

  private List<Outcome> delete(List<String> keys) throws Exception {
    List<Outcome> outcomes = new ArrayList<>();
    int size = store().batchLimit();
    for (int i = 0; i < keys.size(); i += size) {
      List<String> batch = keys.subList(i, Math.min(keys.size(), i + size));
      List<Outcome> some = store().delete(batch).outcomes();
      assertEquals(batch.size(), some.size());
      outcomes.addAll(some);
    }
    return outcomes;
  }

  @Test
  void anEmptyStoreHasOneEmptyPageOrMore() throws Exception {
    assertEquals(Set.of(), list("", 100));
    assertEquals(0, store().count("").orElse(0));
  }

  @Test
  void allKeysAreListedWhateverTheSizeOfThePages() throws Exception {
    List<String> keys = keys("key-", 2500);
    put(keys);
    assertEquals(new HashSet<>(keys), list("", 1000));
    assertEquals(new HashSet<>(keys), list("", 77));
    assertEquals(keys.size(), store().count("").orElse(keys.size()));
  }

  /** Parts may overlap, and their cursors survive a change of the connection. */
  @Test
  void partsTogetherHaveAllKeys() throws Exception {
    List<String> keys = keys("key-", 2500);
    put(keys);
    Set<String> found = new HashSet<>();
    int listed = 0;
    List<String> parts = store().parts("", 4);
    for (String part : parts) {
      for (String cursor = part; cursor != null; ) {
        Page page = store().list("", cursor, 100);
        found.addAll(page.keys());
        listed += page.keys().size();
        cursor = page.next();
      }
    }
    if (!parts.isEmpty()) {
      assertEquals(new HashSet<>(keys), found);
      assertTrue(listed < 1.5 * keys.size(), listed + " keys were listed in the parts");
    }
  }

  @Test
  void aPrefixIsTakenLiterally() throws Exception {
    put(keys("a", 30));
    put(keys("b", 30));
    put(List.of("a*", "A1"));
    Set<String> wanted = new HashSet<>(keys("a", 30));
    wanted.add("a*");
    assertEquals(wanted, list("a", 10));
    assertEquals(Set.of("a*"), list("a*", 10));
    assertEquals(Set.of(), list("c", 10));
    assertEquals(wanted.size(), store().count("a").orElse(wanted.size()));
  }

  @Test
  void deletingWhileListingSkipsNothing() throws Exception {
    List<String> keys = keys("key-", 1500);
    put(keys);
    Set<String> seen = new HashSet<>();
    String cursor = null;
    do {
      Page page = store().list("", cursor, 100);
      seen.addAll(page.keys());
      delete(page.keys());
      cursor = page.next();
    } while (cursor != null);
    assertEquals(new HashSet<>(keys), seen);
    assertEquals(Set.of(), list("", 100));
  }

  @Test
  void aKeyIsDeletedOnce() throws Exception {
    put(keys("key-", 3));
    assertEquals(List.of(Outcome.DELETED), delete(List.of("key-1")));
    assertEquals(List.of(Outcome.GONE), delete(List.of("key-1")));
    assertEquals(List.of(Outcome.GONE), delete(List.of("never-there")));
    assertEquals(Set.of("key-0", "key-2"), list("", 10));
  }

  @Test
  void manyGoroutinesDeleteAtTheSameTime() throws Exception {
    List<String> keys = keys("key-", 3000);
    put(keys);
    Progress progress = new Progress();
    Plan plan = Plan.DEFAULT.with(Plan.Pace.of(32)).with(new Plan.Sizes(250, 20));
    Summary summary = Purge.run(Context.background(), store(), plan, progress, Observer.NONE);
    assertTrue(summary.isComplete(), summary::toString);
    assertEquals(3000, summary.deleted() + summary.gone(), summary::toString);
    assertEquals(Set.of(), list("", 100));
  }

  @Test
  void onlyWhatIsSelectedIsDeleted() throws Exception {
    put(keys("img/", 200));
    put(keys("doc/", 200));
    Plan plan = Plan.DEFAULT.with(Selection.ofPrefixes("img/"));
    Summary summary = Purge.run(Context.background(), store(), plan, new Progress(), Observer.NONE);
    assertEquals(200, summary.deleted(), summary::toString);
    assertTrue(summary.isComplete(), summary::toString);
    assertEquals(new HashSet<>(keys("doc/", 200)), list("", 100));
  }

  @Test
  void anInterruptedCallSaysSo() throws Exception {
    put(keys("key-", 1));
    Go.run(() -> {
      var goroutine =
          Go.go(() -> {
            Thread.currentThread().interrupt();
            try {
              store().list("", null, 10);
            } catch (InterruptedException e) {
              return; // or the call did not have to wait: both are fine
            } finally {
              Thread.interrupted();
            }
          });
      goroutine.join();
    });
    assertEquals(Set.of("key-0"), list("", 10)); // and the next one works
  }
}
