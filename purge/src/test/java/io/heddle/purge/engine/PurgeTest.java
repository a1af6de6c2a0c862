package io.heddle.purge.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Context;
import io.heddle.purge.stores.MemoryStore;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class PurgeTest {
  private final MemoryStore store = new MemoryStore();

  private Summary purge(Plan plan) throws InterruptedException {
    return Purge.run(Context.background(), store, plan, new Progress(), Observer.NONE);
  }

  @Test
  void itDeletesAllKeys() throws Exception {
    store.addAll(IntStream.range(0, 12_345).mapToObj(i -> "key-" + i).toList());
    Summary summary = purge(Plan.DEFAULT);
    assertEquals(12_345, summary.deleted());
    assertEquals(Ending.COMPLETE, summary.ending());
    assertEquals(0, summary.left().getAsLong());
    assertTrue(summary.isComplete());
    assertTrue(store.keys().isEmpty());
  }
}
