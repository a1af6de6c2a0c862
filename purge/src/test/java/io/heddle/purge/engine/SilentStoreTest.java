package io.heddle.purge.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.purge.Deletion;
import io.heddle.purge.Page;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import io.heddle.testing.Bubbled;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A store that does not answer, in virtual time. */
final class SilentStoreTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private static final class Silent implements Store {
    @Override
    public String name() {
      return "silent";
    }

    @Override
    public Page list(String prefix, @Nullable String cursor, int limit)
        throws StoreException, InterruptedException {
      Go.sleep(TIMEOUT);
      throw new StoreException(Kind.TIMEOUT, "no answer in time", "silent: no answer in time");
    }

    @Override
    public Deletion delete(List<String> keys) {
      throw new AssertionError("there are no keys");
    }

    @Override
    public void close() {}
  }

  @Test
  @Bubbled
  void theEndOfTheRunEndsAListingAtOnce() throws Exception {
    Plan.Limits limits = new Plan.Limits(-1, 1, -1, null, Duration.ofHours(1));
    try (CancelContext context = Context.background().withCancel()) {
      Go.afterFunc(Duration.ofSeconds(7), context::cancel);
      Summary summary =
          Purge.run(
              context, new Silent(), Plan.DEFAULT.with(limits), new Progress(), Observer.NONE);
      assertEquals(Ending.CANCELLED, summary.ending());
      assertEquals(Duration.ofSeconds(7), summary.elapsed());
    }
  }

  @Test
  @Bubbled
  void theProgressHasTheAttemptAndTheCause() throws Exception {
    Progress progress = new Progress();
    try (CancelContext context = Context.background().withCancel()) {
      Go.afterFunc(
          Duration.ofSeconds(10),
          () -> {
            Progress.Waiting first = progress.waiting();
            assertNotNull(first);
            assertEquals(1, first.attempt());
            assertEquals(8, first.attempts());
            assertNull(first.cause());
            assertEquals(Duration.ofSeconds(10), first.time());
          });
      Go.afterFunc(
          Duration.ofSeconds(50),
          () -> {
            Progress.Waiting second = progress.waiting();
            assertNotNull(second);
            assertEquals(2, second.attempt());
            assertEquals("silent: no answer in time", second.cause());
            assertTrue(second.time().compareTo(Duration.ofSeconds(19)) > 0);
            context.cancel();
          });
      Purge.run(context, new Silent(), Plan.DEFAULT, progress, Observer.NONE);
    }
    assertTrue(progress.elapsed().compareTo(Duration.ofSeconds(50)) >= 0);
  }
}
