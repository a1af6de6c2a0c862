package io.heddle;

import static io.heddle.ContextAssertions.assertDone;
import static io.heddle.ContextAssertions.assertOpen;
import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.ForeignContexts.Manual;
import io.heddle.ForeignContexts.Wrapper;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** Contexts that users of the library write themselves. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
final class ForeignContextTest {
  private static final Duration LONG = Duration.ofHours(1000);

  @Test
  void itsEndIsInheritedWithItsErrorAndCause() throws InterruptedException {
    run(() -> {
      Manual parent = new Manual();
      Context child = parent.withCancel();
      Context grandchild = child.withValue(Context.key("key"), 1).withTimeout(LONG);
      assertOpen(grandchild);
      Exception cause = new Exception("cause");
      parent.cancel(new CancelledException("by hand", cause));
      assertDone(child, CancelledException.class);
      assertDone(grandchild, CancelledException.class);
      assertSame(parent.error(), child.error());
      assertSame(parent.error(), child.cause(), "cause() is error() unless implemented");
    });
  }

  @Test
  void itsDeadlineErrorIsInherited() throws InterruptedException {
    run(() -> {
      Manual parent = new Manual();
      Context child = parent.withCancel();
      parent.cancel(new DeadlineExceededException("by hand", null));
      assertDone(child, DeadlineExceededException.class);
    });
  }

  @Test
  void noGoroutineIsNeededToFollowIt() throws InterruptedException {
    run(() -> {
      Program program = Program.current();
      Manual parent = new Manual();
      Context child = new Wrapper(parent).withCancel();
      child.afterFunc(() -> {});
      assertEquals(1, program.goroutines().size());
    });
  }

  @Test
  void whatFollowsItLeavesItsChannelWhenDone() throws InterruptedException {
    run(() -> {
      Manual parent = new Manual();
      CancelContext child = parent.withCancel();
      CancelContext timed = parent.withTimeout(LONG);
      Context.Stop stop = parent.afterFunc(() -> {});
      assertEquals(3, TestSupport.queuedReceivers((Source<?>) parent.done()));
      child.cancel();
      timed.cancel();
      assertTrue(stop.stop());
      assertEquals(0, TestSupport.queuedReceivers((Source<?>) parent.done()));
    });
  }

  @Test
  void anOperationEndsWithIt() throws InterruptedException {
    run(() -> {
      Manual context = new Manual();
      Goroutine waits =
          go(() ->
              assertThrows(CancelledException.class, () -> Chan.<String>never().receive(context)));
      TestSupport.awaitBlocked(waits, "chan receive");
      context.cancel();
      waits.join();
    });
  }

  @Test
  void aContextWhoseErrorIsMissingStillEndsItsChildren() throws InterruptedException {
    run(() -> {
      Manual inner = new Manual();
      Context careless =
          new Wrapper(inner) {
            @Override
            public @Nullable ContextException error() {
              return null;
            }
          };
      Context child = careless.withCancel();
      inner.cancel();
      assertDone(child, CancelledException.class);
    });
  }
}
