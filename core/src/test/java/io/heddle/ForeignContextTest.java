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
import java.util.ArrayList;
import java.util.List;
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
      AfterFunc stop = parent.afterFunc(() -> {});
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
      Goroutine<?> waits =
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

  @Test
  void oneThatThrowsKeepsNobodyFromLearningThatAContextIsDone() throws InterruptedException {
    for (Throwable thrown : List.of(new AssertionError("mock"), new IllegalStateException())) {
      for (boolean inCause : List.of(false, true)) {
        run(() -> {
          CancelContext parent = Context.background().withCancel();
          CancelContext below = new Throwing(parent, thrown, inCause).withCancel();
          CancelContext sibling = parent.withCancel();
          List<Goroutine<?>> waiting = new ArrayList<>();
          for (Context context : List.of(parent, below, sibling)) {
            waiting.add(go(() -> context.done().receive()));
          }
          for (Goroutine<?> one : waiting) {
            TestSupport.awaitBlocked(one, "Context.done");
          }
          parent.cancel();
          for (Goroutine<?> one : waiting) {
            one.join(Duration.ofSeconds(30));
          }
          assertDone(sibling, CancelledException.class);
          assertTrue(below.isDone());
          assertSame(thrown, below.cause());
          ContextException error = below.error();
          assertSame(error, below.error());
          assertSame(inCause ? parent.error() : thrown, inCause ? error : error.getCause());
        });
      }
    }
  }

  /** Throws once it is done. */
  private static final class Throwing extends Wrapper {
    private final Throwable thrown;
    private final boolean inCause;

    Throwing(Context inner, Throwable thrown, boolean inCause) {
      super(inner);
      this.thrown = thrown;
      this.inCause = inCause;
    }

    @Override
    public @Nullable ContextException error() {
      fail(!inCause);
      return super.error();
    }

    @Override
    public @Nullable Throwable cause() {
      fail(inCause);
      return super.cause();
    }

    private void fail(boolean here) {
      if (here && super.error() != null) {
        switch (thrown) {
          case Error e -> throw e;
          case RuntimeException e -> throw e;
          default -> throw new AssertionError(thrown);
        }
      }
    }
  }

  /** Go asks a parent that is not its own on a goroutine of its own, with no lock held. */
  @Test
  void oneThatEndsItselfUnderALockOfItsOwnIsNotAskedOnThatThread() throws InterruptedException {
    run(() -> {
      Mutex own = new Mutex();
      Manual inner = new Manual();
      Context locking =
          new Wrapper(inner) {
            @Override
            public @Nullable ContextException error() {
              own.lockUninterruptibly();
              try {
                return super.error();
              } finally {
                own.unlock();
              }
            }
          };
      CancelContext child = locking.withCancel();
      CancelContext grandchild = child.withTimeout(LONG);
      Goroutine<?> waits = go(() -> grandchild.done().receive());
      TestSupport.awaitBlocked(waits, "Context.done");
      Goroutine<?> ends =
          go(() -> {
            own.lock();
            inner.cancel();
            assertTrue(child.isDone());
            own.unlock();
          });
      ends.join(Duration.ofSeconds(30));
      waits.join(Duration.ofSeconds(30));
      assertDone(grandchild, CancelledException.class);
      assertSame(inner.error(), grandchild.error());
    });
  }

  @Test
  void theReasonOfAGoroutinesOwnContextDoesNotHideWhatItFailedWith() {
    CancelContext parent = Context.background().withCancel();
    Context throwing = new Throwing(parent, new AssertionError("mock"), false);
    IllegalStateException real = new IllegalStateException("real");
    PanicException e =
        assertThrows(
            PanicException.class,
            () ->
                run(() -> {
                  Chan<String> failing = Chan.unbuffered();
                  go(
                      throwing,
                      () -> {
                        try {
                          failing.receive();
                        } catch (InterruptedException told) {
                          throw real;
                        }
                      });
                  parent.cancel();
                  Chan.never().receive();
                }));
    assertSame(real, e.getCause());
  }

  @Test
  void aGoroutineUnderOneThatThrowsEndsQuietlyWhenToldTo() throws InterruptedException {
    run(() -> {
      CancelContext parent = Context.background().withCancel();
      Context throwing = new Throwing(parent, new AssertionError("mock"), false);
      Goroutine<?> goroutine = go(throwing, () -> Chan.never().receive());
      TestSupport.awaitBlocked(goroutine, "chan receive");
      parent.cancel();
      goroutine.join();
      assertEquals(InterruptedException.class, goroutine.failure().getClass());
    });
  }

  /** Then those who wait are woken one by one, under the lock of what they wait for. */
  @Test
  void itsEndIsHandedOnWithoutMemoryToCollectThoseWhoWait() throws InterruptedException {
    run(() -> {
      Signal done = new Signal(WaitReason.DONE, null);
      Context context =
          new Wrapper(Context.background()) {
            @Override
            public Receiver<Void> done() {
              return done;
            }
          };
      CancelContext child = context.withTimeout(LONG);
      Goroutine<?> waits = go(() -> child.done().receive());
      TestSupport.awaitBlocked(waits, "Context.done");
      List<Waiter> noMemory =
          new ArrayList<>() {
            @Override
            public boolean add(Waiter waiter) {
              throw new OutOfMemoryError("as it were");
            }
          };
      done.enter();
      done.fireLocked(done, noMemory);
      done.exit();
      waits.join(Duration.ofSeconds(30));
      assertDone(child, CancelledException.class);
    });
  }
}
