package io.heddle.tour.store;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.CancelledException;
import io.heddle.Context;
import io.heddle.Goroutine;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("clock")
final class KeyValueStoreTest {
  private final Context context = Context.background();

  @Test
  void valuesAreKeptAndNotShared() {
    KeyValueStore store = new KeyValueStore();
    byte[] value = "one".getBytes(UTF_8);
    store.put("a", value);
    value[0] = 'X';
    byte[] read = store.get("a");
    assertNotNull(read);
    assertArrayEquals("one".getBytes(UTF_8), read);
    assertNull(store.get("b"));
  }

  @Test
  void keysAreSortedByTheirBytes() throws Exception {
    KeyValueStore store = new KeyValueStore();
    List<String> sorted = List.of("", "B", "a", "aa", "\u00e4", "\uffee", "\ud83d\ude00");
    sorted.reversed().forEach(key -> store.put(key, new byte[0]));
    assertEquals(sorted, store.list(null, context).keys()); // by UTF-16 the last two would change
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "1, 1", "1000, 1", "1001, 2", "2000, 2", "10000, 10"})
  void keysComeInPagesOfAThousand(int keys, int pages) throws Exception {
    KeyPaginator paginator = new StoreClient(KeyValueStore.withKeys(keys)).keys();
    List<String> listed = new ArrayList<>();
    int count = 0;
    while (paginator.next(context)) {
      listed.addAll(paginator.keys());
      count++;
    }
    assertEquals(pages, count);
    assertEquals(keys, listed.size());
    assertEquals(listed.stream().distinct().sorted().toList(), listed);
    assertFalse(paginator.next(context));
    assertEquals(List.of(), paginator.keys());
  }

  @Test
  void whoDeletesWhileListingSkipsNothing() throws Exception {
    KeyValueStore store = KeyValueStore.withKeys(3_500);
    KeyPaginator paginator = new StoreClient(store).keys();
    while (paginator.next(context)) {
      for (String key : paginator.keys()) {
        store.delete(key, context);
      }
    }
    assertEquals(0, store.size());
  }

  @Test
  void aDeletedKeyIsNotFoundAgain() throws Exception {
    KeyValueStore store = KeyValueStore.withKeys(1);
    String key = KeyValueStore.key(0);
    store.delete(key, context);
    StoreException e = assertThrows(StoreException.class, () -> store.delete(key, context));
    assertEquals("delete key-00000: not found", e.getMessage());
    assertEquals(Kind.NOT_FOUND, e.kind());
    assertFalse(new StoreClient(store).delete(key, context));
  }

  @Test
  void thePaginatorThrowsItsErrorAndCanGoOnFromThere() throws Exception {
    KeyValueStore store = KeyValueStore.withKeys(2_500);
    store.failPage(2, new Fault(Kind.FORBIDDEN, 2, null));
    KeyPaginator paginator = new StoreClient(store).keys();
    assertTrue(paginator.next(context));
    for (int i = 0; i < 2; i++) {
      assertThrows(StoreException.class, () -> paginator.next(context));
      assertEquals(List.of(), paginator.keys());
    }
    assertTrue(paginator.next(context));
    assertEquals(KeyValueStore.key(1_000), paginator.keys().getFirst());
    assertTrue(paginator.next(context));
    assertEquals(500, paginator.keys().size());
    assertFalse(paginator.next(context));
  }

  @Test
  void requestsTakeTheTimeThatWasSet() throws Exception {
    KeyValueStore store =
        KeyValueStore.withKeys(1).latency(Duration.ofMillis(30), Duration.ofMillis(20));
    long start = System.nanoTime();
    store.list(null, context);
    store.delete(KeyValueStore.key(0), context);
    assertTrue(System.nanoTime() - start >= Duration.ofMillis(50).toNanos());
  }

  @Test
  void aRequestEndsWithItsContextAndHasNoEffect() throws Exception {
    run(() -> {
      KeyValueStore store =
          KeyValueStore.withKeys(1).latency(Duration.ofDays(1), Duration.ofDays(1));
      try (CancelContext cancelled = context.withCancel()) {
        Goroutine<?> deletion =
            go(() ->
                assertThrows(
                    CancelledException.class, () -> store.delete(KeyValueStore.key(0), cancelled)));
        BulkDelete.awaitBlocked(deletion, "sleep");
        cancelled.cancel();
        deletion.join();
      }
      assertEquals(1, store.size());
    });
  }
}
