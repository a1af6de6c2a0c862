package io.heddle;

import static io.heddle.ContextAssertions.assertDone;
import static io.heddle.ContextAssertions.assertOpen;
import static io.heddle.Go.run;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.heddle.ForeignContexts.Wrapper;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
@Tag("clock")
final class ContextCauseTest {
  private static final Duration SHORT = Duration.ofMillis(1);
  private static final Duration LONG = Duration.ofHours(1000);
  private final Exception parentCause = new Exception("parent's cause");
  private final Exception childCause = new Exception("child's cause");
  private final Exception timeCause = new Exception("time's cause");

  /** A way to make a context end, and what it then says; a null cause is the error itself. */
  record Row(
      String name,
      Making making,
      @Nullable Class<? extends ContextException> error,
      @Nullable Throwable cause) {
    @Override
    public String toString() {
      return name;
    }
  }

  interface Making {
    Context make() throws InterruptedException;
  }

  private static Row open(String name, Making making) {
    return new Row(name, making, null, null);
  }

  private static Row cancelled(String name, @Nullable Throwable cause, Making making) {
    return new Row(name, making, CancelledException.class, cause);
  }

  private static Row expired(String name, @Nullable Throwable cause, Making making) {
    return new Row(name, making, DeadlineExceededException.class, cause);
  }

  Stream<Row> rows() {
    Context root = Context.background();
    return Stream.of(
        open("background", () -> root),
        open("todo", Context::todo),
        open("withCancel, open", root::withCancel),
        cancelled(
            "withCancel, cancelled",
            null,
            () -> {
              CancelContext context = root.withCancel();
              context.cancel();
              return context;
            }),
        cancelled(
            "cancelled with a cause",
            parentCause,
            () -> {
              CancelContext context = root.withCancel();
              context.cancel(parentCause);
              return context;
            }),
        cancelled(
            "the child of one cancelled with a cause",
            parentCause,
            () -> {
              CancelContext parent = root.withCancel();
              Context child = parent.withCancel();
              parent.cancel(parentCause);
              return child;
            }),
        cancelled(
            "the parent first, the child then",
            parentCause,
            () -> {
              CancelContext parent = root.withCancel();
              CancelContext child = parent.withCancel();
              parent.cancel(parentCause);
              child.cancel(childCause);
              return child;
            }),
        cancelled(
            "the child first, the parent then: child",
            childCause,
            () -> {
              CancelContext parent = root.withCancel();
              CancelContext child = parent.withCancel();
              child.cancel(childCause);
              parent.cancel(parentCause);
              return child;
            }),
        cancelled(
            "the child first, the parent then: parent",
            parentCause,
            () -> {
              CancelContext parent = root.withCancel();
              CancelContext child = parent.withCancel();
              child.cancel(childCause);
              parent.cancel(parentCause);
              return parent;
            }),
        open(
            "the parent of a cancelled child",
            () -> {
              CancelContext parent = root.withCancel();
              parent.withCancel().cancel(childCause);
              return parent;
            }),
        cancelled(
            "cancelled without a cause below one cancelled with",
            null,
            () -> {
              CancelContext parent = root.withCancel();
              CancelContext child = parent.withCancel();
              child.cancel();
              parent.cancel(parentCause);
              return child;
            }),
        cancelled(
            "a timeout with a cause, cancelled",
            null,
            () -> {
              CancelContext context = root.withTimeout(LONG, timeCause);
              context.cancel();
              return context;
            }),
        cancelled(
            "a timeout with a cause, cancelled with another",
            childCause,
            () -> {
              CancelContext context = root.withTimeout(LONG, timeCause);
              context.cancel(childCause);
              return context;
            }),
        expired(
            "a timeout with a cause, over",
            timeCause,
            () -> root.withTimeout(Duration.ZERO, timeCause)),
        expired("a timeout without a cause, over", null, () -> root.withTimeout(Duration.ZERO)),
        expired(
            "a deadline with a cause, over",
            timeCause,
            () -> {
              Context context = root.withDeadline(Instant.now().plusMillis(1), timeCause);
              context.done().receive();
              return context;
            }),
        expired(
            "the child of a timeout with a cause",
            timeCause,
            () -> {
              Context child = root.withTimeout(SHORT, timeCause).withCancel();
              child.done().receive();
              return child;
            }),
        expired(
            "a longer timeout with a cause below a shorter without",
            null,
            () -> {
              Context child = root.withTimeout(SHORT).withTimeout(LONG, timeCause);
              child.done().receive();
              return child;
            }),
        cancelled(
            "a timeout below one cancelled with a cause",
            parentCause,
            () -> {
              CancelContext parent = root.withCancel();
              Context child = parent.withTimeout(LONG, timeCause);
              parent.cancel(parentCause);
              return child;
            }),
        open(
            "withoutCancel of one cancelled with a cause",
            () -> {
              CancelContext context = root.withCancel();
              context.cancel(parentCause);
              return context.withoutCancel();
            }),
        cancelled(
            "cancelled below withoutCancel",
            childCause,
            () -> {
              CancelContext parent = root.withCancel();
              CancelContext child = parent.withoutCancel().withCancel();
              parent.cancel(parentCause);
              child.cancel(childCause);
              return child;
            }),
        expired(
            "a timeout below withoutCancel",
            timeCause,
            () -> {
              CancelContext parent = root.withCancel();
              parent.cancel(parentCause);
              return parent.withoutCancel().withTimeout(Duration.ZERO, timeCause);
            }),
        cancelled(
            "merged, the second ends",
            parentCause,
            () -> {
              CancelContext parent = root.withCancel();
              Context merged = Context.merge(root.withTimeout(LONG, timeCause), parent);
              parent.cancel(parentCause);
              return merged;
            }));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void errorAndCauseSayHowItEnded(Row row) throws InterruptedException {
    run(() -> {
      Context context = row.making.make();
      if (row.error == null) {
        assertOpen(context);
      } else {
        assertDone(context, row.error);
        assertSame(row.cause == null ? context.error() : row.cause, context.cause());
        assertSame(row.cause, context.error().getCause());
      }
    });
  }

  /** The parent ends while its child has just ended, and has not left it yet. */
  @Test
  void theFirstCauseStaysAlsoIfAnotherComesInBetween() throws InterruptedException {
    CancelContext parent = Context.background().withCancel();
    CancelContext child = parent.withCancel();
    Context below = new Wrapper(child).withCancel();
    Thread other = Thread.ofPlatform().daemon().unstarted(() -> parent.cancel(parentCause));
    Waiter waiter =
        new Waiter() {
          @Override
          void seenWaitEnds() { // as soon as it is claimed, and so under the child's lock
            other.start();
            TestSupport.await("the parent's end", parent::isDone);
          }

          @Override
          void wake() {}
        };
    Signal done = (Signal) child.done();
    waiter.prepare(done, null);
    done.receivers.add(waiter);
    waiter.see(new Waiter.Seen());
    child.cancel(childCause);
    other.join();
    assertSame(parentCause, parent.cause());
    assertSame(childCause, child.cause());
    assertSame(childCause, below.cause());
  }

  @Test
  void whoeverLearnsOfTheEndCanAskWhy() {
    CancelContext context = Context.background().withCancel();
    Signal done = (Signal) context.done();
    AtomicReference<@Nullable Throwable> told = new AtomicReference<>();
    Waiter waiter =
        new Waiter() {
          @Override
          void seenWaitEnds() { // as soon as it is claimed
            told.set(context.cause());
          }

          @Override
          void wake() {}
        };
    waiter.prepare(done, null);
    done.receivers.add(waiter);
    waiter.see(new Waiter.Seen());
    context.cancel(parentCause);
    assertSame(parentCause, told.get());
  }

  @Test
  void aWrappersOwnCauseIsInherited() {
    CancelContext inner = Context.background().withCancel();
    Context wrapper =
        new Wrapper(inner) {
          @Override
          public @Nullable Throwable cause() {
            return isDone() ? childCause : null;
          }
        };
    Context direct = wrapper.withCancel();
    Context behindAValue = wrapper.withValue(Context.key("key"), 1).withCancel();
    inner.cancel(parentCause);
    assertSame(parentCause, inner.cause());
    assertSame(childCause, direct.cause());
    assertSame(childCause, behindAValue.cause());
  }
}
