package io.heddle.orders.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.WaitGroup;
import io.heddle.orders.Order;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.files.CertificateFolder;
import io.heddle.orders.files.Chain;
import io.heddle.orders.store.OrderStore;
import io.heddle.orders.telemetry.Log;
import io.heddle.orders.telemetry.Metrics;
import io.heddle.preflight.Limits;
import io.heddle.preflight.Preflight;
import io.heddle.queue.Filter;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import io.heddle.testing.Bubble;
import io.heddle.testing.Explore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The document's fault number 10: a customer who asks twice gets one order, however they race. */
final class IdempotencyTest {
  private static final Order.Request WANTED = new Order.Request("c", List.of("one.test"), null);

  @TempDir private Path folder;
  private final AtomicInteger files = new AtomicInteger();

  @Test
  void whoSubmitsTheSameAtTheSameTimeGetsOneOrder() throws Exception {
    Explore.schedules(20).check(this::race);
  }

  private void race() throws Exception {
    AtomicInteger placed = new AtomicInteger();
    PromptAuthority ca =
        new PromptAuthority(Duration.ofDays(7)) {
          @Override
          public Placed place(List<String> domains) throws CaException {
            placed.incrementAndGet();
            return super.place(domains);
          }
        };
    Set<String> ids = ConcurrentHashMap.newKeySet();
    AtomicInteger made = new AtomicInteger();
    try (Queue queue =
            Queues.open(folder.resolve("orders" + files.incrementAndGet()).toString(), 1);
        CancelContext context = Context.background().withCancel()) {
      Pipeline pipeline =
          new Pipeline(
              new Pipeline.Parts(
                  queue,
                  Accounts.one("account", ca, Chain.Verifier.trusting(List.of())),
                  new Preflight(Map.of(), List.of(), Limits.DEFAULT), // nothing is ever ready
                  new CertificateFolder(folder.resolve("certificates"))),
              Pipeline.Settings.DEFAULT,
              Log.NONE,
              new Metrics(queue));
      Goroutine<?> running = Go.go(() -> pipeline.run(context));
      OrderStore store = new OrderStore(queue);
      WaitGroup customers = new WaitGroup();
      for (int i = 0; i < 4; i++) {
        customers.go(() -> {
          OrderStore.Submission one = store.submit(WANTED, "key");
          ids.add(one.order().order().id());
          made.addAndGet(one.isNew() ? 1 : 0);
        });
      }
      customers.await();
      Bubble.settle();
      assertEquals(1, ids.size(), ids.toString());
      assertEquals(1, made.get(), "one made it, the others get the existing order");
      assertEquals(1, placed.get(), "the CA hears of it once");
      assertEquals(1, queue.list(Filter.ALL.withKey(ids.iterator().next()), 0, 10).size());
      context.cancel();
      running.join();
    }
  }
}
