package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.ForeignContexts.Manual;
import io.heddle.ForeignContexts.Wrapper;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
final class ContextAfterFuncTest {
  @ParameterizedTest
  @EnumSource(Parent.class)
  void itRunsAfterTheEndOnly(Parent kind) throws InterruptedException {
    run(() -> {
      Parent.Cancellable parent = kind.make();
      Chan<String> ran = Chan.unbuffered();
      AfterFunc stop = parent.context().afterFunc(() -> ran.send("ran"));
      assertNull(ran.tryReceive());
      assertEquals(1, Program.current().goroutines().size());
      parent.cancel().run();
      assertEquals("ran", ran.receive());
      assertFalse(stop.stop());
    });
  }

  @ParameterizedTest
  @EnumSource(Parent.class)
  void itNeverRunsOnceStopped(Parent kind) throws InterruptedException {
    run(() -> {
      Parent.Cancellable parent = kind.make();
      AfterFunc stop =
          parent
              .context()
              .afterFunc(() -> {
                throw new AssertionError("ran though stopped");
              });
      assertTrue(stop.stop());
      assertFalse(stop.stop());
      parent.cancel().run();
      assertEquals(1, Program.current().goroutines().size());
    });
  }

  @Test
  void itRunsAfterATimeout() throws InterruptedException {
    run(() -> {
      Context context = Context.background().withTimeout(Duration.ofMillis(1));
      Chan<ContextException> ran = Chan.unbuffered();
      context.afterFunc(() -> ran.send(context.error()));
      assertInstanceOf(DeadlineExceededException.class, ran.receive());
    });
  }

  @Test
  void itRunsAtOnceIfTheContextIsDone() throws InterruptedException {
    run(() -> {
      CancelContext context = Context.background().withCancel();
      context.cancel();
      Chan<String> ran = Chan.unbuffered();
      AfterFunc stop = context.afterFunc(() -> ran.send("ran"));
      assertFalse(stop.stop());
      assertEquals("ran", ran.receive());
    });
  }

  @Test
  void cancelDoesNotWaitForIt() throws InterruptedException {
    run(() -> {
      CancelContext context = Context.background().withCancel();
      Chan<String> let = Chan.unbuffered();
      Chan<String> ran = Chan.unbuffered();
      context.afterFunc(() -> ran.send(let.receive()));
      context.cancel();
      let.send("after cancel returned");
      assertEquals("after cancel returned", ran.receive());
    });
  }

  @Test
  void itIsNotItselfInterrupted() throws InterruptedException {
    run(() -> {
      CancelContext context = Context.background().withCancel();
      Chan<Boolean> interrupted = Chan.unbuffered();
      context.afterFunc(() -> interrupted.send(Thread.currentThread().isInterrupted()));
      context.cancel();
      assertEquals(false, interrupted.receive());
    });
  }

  @Test
  void underTheBackgroundItNeverRuns() {
    assertTrue(
        Context.background()
            .afterFunc(() -> {
              throw new AssertionError("ran");
            })
            .stop());
  }

  @Test
  void stopAndCancelAgreeOnWhoCameFirst() throws InterruptedException {
    run(() -> {
      for (int i = 0; i < 2000; i++) {
        CancelContext context = Context.background().withCancel();
        Chan<String> ran = Chan.buffered(1);
        AfterFunc stop = context.afterFunc(() -> ran.send("ran"));
        Goroutine<?> canceller = go(() -> context.cancel());
        boolean stopped = stop.stop();
        canceller.join();
        if (!stopped) {
          assertEquals("ran", ran.receive());
        } else {
          assertEquals(1, Program.current().goroutines().size());
        }
      }
    });
  }

  enum Parent {
    OURS,
    WRAPPED,
    MANUAL;

    record Cancellable(Context context, Runnable cancel) {}

    Cancellable make() {
      CancelContext inner = Context.background().withCancel();
      Manual manual = new Manual();
      return switch (this) {
        case OURS -> new Cancellable(inner, inner::cancel);
        case WRAPPED -> new Cancellable(new Wrapper(inner), inner::cancel);
        case MANUAL -> new Cancellable(manual, manual::cancel);
      };
    }
  }
}
