package io.heddle;

import static io.heddle.ContextAssertions.assertDone;
import static io.heddle.ContextAssertions.assertOpen;
import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.ForeignContexts.Manual;
import io.heddle.ForeignContexts.Wrapper;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
final class ContextTest {
  private static final Duration SHORT = Duration.ofMillis(1);
  private static final Duration LONG = Duration.ofHours(1000);

  private static void assertExpires(Context context) throws InterruptedException {
    context.done().receive();
    assertDone(context, DeadlineExceededException.class);
  }

  @Nested
  final class Roots {
    @Test
    void theRootsAreNeverDone() throws InterruptedException {
      run(() -> {
        for (Context root : List.of(Context.background(), Context.todo())) {
          assertOpen(root);
          assertNull(root.deadline());
          assertNull(root.value(Context.key("key")));
          assertTrue(root.interrupts());
          assertSame(root.done(), root.done());
        }
      });
    }

    @Test
    void theRootsAreNamed() {
      assertEquals("Context.background", Context.background().toString());
      assertEquals("Context.todo", Context.todo().toString());
    }
  }

  @Nested
  final class Cancel {
    @Test
    void aContextIsOpenUntilCancelled() throws InterruptedException {
      run(() -> {
        CancelContext context = Context.background().withCancel();
        assertOpen(context);
        assertNull(context.deadline());
        context.cancel();
        assertDone(context, CancelledException.class);
        assertSame(context.error(), context.cause());
      });
    }

    @Test
    void onlyTheFirstCancelCounts() {
      CancelContext context = Context.background().withCancel();
      Exception first = new Exception("first");
      context.cancel(first);
      ContextException error = context.error();
      context.cancel(new Exception("second"));
      context.cancel();
      context.close();
      assertSame(first, context.cause());
      assertSame(error, context.error());
    }

    @Test
    void closingCancels() {
      Context seen;
      try (CancelContext context = Context.background().withCancel()) {
        seen = context;
        assertFalse(seen.isDone());
      }
      assertTrue(seen.isDone());
    }

    @Test
    void aWaitingGoroutineLearnsOfIt() throws InterruptedException {
      run(() -> {
        CancelContext context = Context.background().withCancel();
        Goroutine<?> waits = go(() -> context.done().receive());
        TestSupport.awaitBlocked(waits, "Context.done");
        context.cancel();
        waits.join();
      });
    }

    @Test
    void anOperationWithAContextEndsWithIt() throws InterruptedException {
      run(() -> {
        CancelContext context = Context.background().withCancel();
        Exception cause = new Exception("enough");
        Chan<String> channel = Chan.unbuffered();
        Goroutine<?> waits =
            go(() -> {
              var e = assertThrows(CancelledException.class, () -> channel.receive(context));
              // In quick succession, not every cancellation names its place: see ContextEndTest.
              String message = e.getMessage();
              assertTrue(
                  message.startsWith("chan receive: context cancelled by goroutine 1"), message);
              assertSame(cause, e.getCause());
            });
        TestSupport.awaitBlocked(waits, "chan receive");
        context.cancel(cause);
        waits.join();
        TestSupport.assertNobodyQueued(channel);
      });
    }

    @Test
    void anOperationThatFinishedLeavesNothingInItsContext() throws InterruptedException {
      run(() -> {
        CancelContext context = Context.background().withCancel();
        Chan<String> channel = Chan.unbuffered();
        Goroutine<?> waits = go(() -> channel.receive(context));
        TestSupport.awaitBlocked(waits, "chan receive");
        assertEquals(1, TestSupport.queuedReceivers((Source<?>) context.done()));
        channel.send("done");
        waits.join();
        assertEquals(0, TestSupport.queuedReceivers((Source<?>) context.done()));
      });
    }

    @Test
    void theChannelIsAlwaysTheSame() {
      CancelContext context = Context.background().withCancel();
      assertSame(context.done(), context.done());
      context.cancel();
      assertSame(context.done(), context.done());
      assertSame(context.done(), context.withValue(Context.key("key"), 1).done());
    }

    @Test
    void contextsBesideItStayOpen() throws InterruptedException {
      run(() -> {
        CancelContext one = Context.background().withCancel();
        CancelContext other = Context.background().withCancel();
        one.cancel();
        assertOpen(other);
      });
    }

    @Test
    void nullsAreRefused() {
      CancelContext context = Context.background().withCancel();
      assertThrows(NullPointerException.class, () -> context.cancel(null));
      assertThrows(NullPointerException.class, () -> context.withTimeout(LONG, null));
      assertThrows(NullPointerException.class, () -> context.withTimeout(null));
      assertThrows(NullPointerException.class, () -> context.withDeadline(null));
      assertThrows(NullPointerException.class, () -> context.withDeadline(Instant.MAX, null));
      assertThrows(NullPointerException.class, () -> context.afterFunc(null));
      assertThrows(NullPointerException.class, () -> context.onDone(null));
      assertThrows(NullPointerException.class, () -> Context.merge(null));
      assertThrows(NullPointerException.class, () -> Context.merge(context, (Context) null));
      assertThrows(NullPointerException.class, () -> Context.key(null));
      assertFalse(context.isDone());
      assertEquals(0, TestSupport.queuedReceivers((Source<?>) context.done()));
    }

    @Test
    void everyMethodMayBeCalledWhileItIsCancelled() throws InterruptedException {
      run(() -> {
        for (int i = 0; i < 1000; i++) {
          CancelContext context = Context.background().withCancel();
          Exception cause = new Exception("cause");
          Goroutine<?> canceller = go(() -> context.cancel(cause));
          while (context.cause() == null) {
            Go.gosched();
          }
          assertSame(cause, context.cause());
          assertDone(context, CancelledException.class);
          canceller.join();
        }
      });
    }

    @Test
    void aContextIsDoneWhenAnyCancelHasReturned() throws InterruptedException {
      run(() -> {
        for (int i = 0; i < 2000; i++) {
          CancelContext context = Context.background().withCancel();
          WaitGroup group = new WaitGroup();
          for (int j = 0; j < 3; j++) {
            group.go(() -> {
              context.cancel();
              assertDone(context, CancelledException.class);
            });
          }
          group.await();
        }
      });
    }
  }

  /** What may lie between a context and the one that is looked at. */
  static Stream<UnaryOperator<Context>> layers() {
    return Stream.of(
        c -> c,
        Wrapper::new,
        Context::withCancel,
        c -> c.withTimeout(LONG),
        c -> c.withValue(Context.key("layer"), "value"),
        Context::withoutInterrupts,
        c -> Context.merge(Context.background(), c),
        c -> Context.merge(c, Context.background()),
        c -> new Wrapper(c.withCancel()).withValue(Context.key("layer"), 1).withCancel());
  }

  @ParameterizedTest
  @MethodSource("layers")
  void cancellingReachesThroughLayersBeforeItReturns(UnaryOperator<Context> layer)
      throws InterruptedException {
    run(() -> {
      CancelContext context = Context.background().withCancel();
      Context outer = layer.apply(context);
      assertOpen(outer);
      Exception cause = new Exception("cause");
      context.cancel(cause);
      assertDone(outer, CancelledException.class);
      assertSame(cause, outer.cause());
    });
  }

  @ParameterizedTest
  @MethodSource("layers")
  void aContextBelowOneThatIsDoneIsBornDone(UnaryOperator<Context> layer)
      throws InterruptedException {
    run(() -> {
      CancelContext context = Context.background().withCancel();
      Exception cause = new Exception("cause");
      context.cancel(cause);
      Context outer = layer.apply(context);
      assertDone(outer, CancelledException.class);
      assertSame(cause, outer.cause());
    });
  }

  @Nested
  final class Layers {
    @ParameterizedTest
    @EnumSource(Ending.class)
    void theEndOfAnyOfThirtyRandomLayersEndsTheTop(Ending ending) throws InterruptedException {
      for (long seed = 0; seed < 20; seed++) {
        Random random = new Random(seed);
        run(() -> endRandomLayers(ending, random));
      }
    }

    private void endRandomLayers(Ending ending, Random random) throws InterruptedException {
      List<Context.Key<Integer>> keys = new ArrayList<>();
      List<CancelContext> cancels = new ArrayList<>();
      Context top = Context.background();
      while (keys.size() < 30 || cancels.size() < 30) {
        switch (random.nextInt(4)) {
          case 0 -> {
            Context.Key<Integer> key = Context.key("key " + keys.size());
            top = top.withValue(key, keys.size());
            keys.add(key);
          }
          case 1 -> {
            CancelContext layer = top.withCancel();
            cancels.add(layer);
            top = layer;
          }
          case 2 -> {
            CancelContext layer = top.withTimeout(LONG);
            cancels.add(layer);
            top = layer;
          }
          default -> top = new Wrapper(top);
        }
      }
      if (ending == Ending.CANCELLED) {
        assertOpen(top);
        cancels.get(random.nextInt(cancels.size())).cancel();
        assertDone(top, CancelledException.class);
      } else {
        top = top.withTimeout(SHORT).withCancel();
        assertExpires(top);
      }
      for (int i = 0; i < keys.size(); i++) {
        assertEquals(i, top.value(keys.get(i)));
      }
      cancels.getFirst().cancel();
    }

    enum Ending {
      CANCELLED,
      EXPIRED
    }
  }

  @Nested
  final class Values {
    @Test
    void theNearestValueForAKeyCounts() {
      Context.Key<String> name = Context.key("name");
      Context.Key<String> sameName = Context.key("name");
      Context.Key<Integer> number = Context.key("number");
      Context one = Context.background().withValue(name, "outer");
      Context two = one.withValue(number, 2).withCancel().withValue(name, "inner");
      assertEquals("outer", one.value(name));
      assertNull(one.value(number));
      assertEquals("inner", two.value(name));
      assertEquals(2, two.value(number));
      assertNull(two.value(sameName), "keys are identities, not names");
    }

    @Test
    void aForeignContextsValuesAreFound() {
      Context.Key<String> name = Context.key("name");
      Context own = new Manual().withValue(name, "ours").withCancel();
      assertEquals("mine", own.value(Manual.OWN));
      assertEquals("ours", own.value(name));
      assertEquals("ours", new Wrapper(own).withCancel().value(name));
    }

    @Test
    void nullsAreRefused() {
      Context root = Context.background();
      assertThrows(NullPointerException.class, () -> root.withValue(null, "value"));
      assertThrows(NullPointerException.class, () -> root.withValue(Context.key("key"), null));
    }

    @Test
    void aVeryDeepChainIsSearchedWithoutRecursion() throws InterruptedException {
      run(() -> {
        Context.Key<String> first = Context.key("first");
        Context.Key<Integer> other = Context.key("other");
        CancelContext base = Context.background().withTimeout(LONG);
        Context context = base.withValue(first, "found");
        for (int i = 0; i < 100_000; i++) {
          context = context.withValue(other, i);
        }
        assertEquals("found", context.value(first));
        assertEquals(99_999, context.value(other));
        assertEquals(base.deadline(), context.deadline());
        assertTrue(context.interrupts());
        assertTrue(context.toString().endsWith(".withValue(other, 99999)"));
        Context child = context.withCancel();
        assertOpen(context);
        base.cancel();
        assertDone(context, CancelledException.class);
        assertDone(child, CancelledException.class);
      });
    }
  }

  @Nested
  final class Names {
    @Test
    void aContextShowsHowItWasMade() {
      Context.Key<String> key = Context.key("user");
      Instant deadline = Instant.parse("2222-02-02T22:22:22Z");
      Context root = Context.background();
      assertEquals("user", key.toString());
      assertEquals("Context.background.withCancel", root.withCancel().toString());
      assertEquals(
          "Context.background.withCancel.withCancel", root.withCancel().withCancel().toString());
      assertEquals("Context.todo.withValue(user, ann)", Context.todo().withValue(key, "ann") + "");
      assertEquals("Context.background.withoutCancel", root.withoutCancel().toString());
      assertEquals("Context.background.withoutInterrupts", root.withoutInterrupts().toString());
      assertEquals("Context.background.merge", Context.merge(root, root).toString());
      assertEquals(
          "Wrapper(Context.background).withCancel", new Wrapper(root).withCancel().toString());
      try (CancelContext dated = root.withDeadline(deadline);
          CancelContext below = dated.withCancel();
          CancelContext timed = root.withTimeout(LONG)) {
        assertEquals("Context.background.withDeadline(2222-02-02T22:22:22Z)", dated.toString());
        assertTrue(below.toString().startsWith(dated + ".withCancel"), below.toString());
        assertEquals("Context.background.withTimeout(" + timed.deadline() + ")", timed.toString());
      }
    }
  }

  @Nested
  final class WithoutCancel {
    @Test
    void valuesStayAndNothingElse() throws InterruptedException {
      run(() -> {
        Context.Key<String> key = Context.key("key");
        CancelContext parent = Context.background().withValue(key, "kept").withTimeout(LONG);
        Context context = parent.withoutCancel();
        Context value = context.withValue(Context.key("other"), 1);
        parent.cancel();
        for (Context one : List.of(context, value, value.withCancel())) {
          assertOpen(one);
          assertNull(one.deadline());
          assertEquals("kept", one.value(key));
        }
      });
    }
  }

  @Nested
  final class Merge {
    @Test
    void theEndOfAnyEndsIt() throws InterruptedException {
      run(() -> {
        for (int i = 0; i < 3; i++) {
          CancelContext[] parents = {
            Context.background().withCancel(),
            Context.background().withCancel(),
            Context.background().withCancel()
          };
          Context merged = Context.merge(parents[0], parents[1], parents[2]);
          assertOpen(merged);
          Exception cause = new Exception("number " + i);
          parents[i].cancel(cause);
          assertDone(merged, CancelledException.class);
          assertSame(cause, merged.cause());
          for (CancelContext parent : parents) {
            assertEquals(0, TestSupport.queuedReceivers((Source<?>) parent.done()));
          }
        }
      });
    }

    @Test
    void valuesComeFromTheFirstAndTheDeadlineFromTheEarliest() {
      Context.Key<String> key = Context.key("key");
      Context one = Context.background().withValue(key, "first");
      try (CancelContext late = Context.background().withTimeout(LONG);
          CancelContext early = late.withTimeout(LONG.dividedBy(2))) {
        Context merged = Context.merge(one, late, early.withValue(key, "last"));
        assertEquals("first", merged.value(key));
        assertEquals(early.deadline(), merged.deadline());
      }
    }

    @Test
    void oneThatIsDoneMakesItBornDone() throws InterruptedException {
      run(() -> {
        CancelContext open = Context.background().withCancel();
        CancelContext done = Context.background().withCancel();
        done.cancel();
        assertDone(Context.merge(open, done), CancelledException.class);
        assertDone(Context.merge(done, open), CancelledException.class);
        assertEquals(0, TestSupport.queuedReceivers((Source<?>) open.done()));
      });
    }

    @Test
    void theSameContextTwiceAndOneAloneAreFine() throws InterruptedException {
      run(() -> {
        CancelContext context = Context.background().withCancel();
        Context twice = Context.merge(context, context, context.withCancel());
        Context alone = Context.merge(context);
        context.cancel();
        assertDone(twice, CancelledException.class);
        assertDone(alone, CancelledException.class);
      });
    }

    @Test
    void itCanBeCancelledItself() throws InterruptedException {
      run(() -> {
        CancelContext one = Context.background().withCancel();
        Manual other = new Manual();
        Context.merge(one, other).cancel();
        assertOpen(one);
        assertOpen(other);
        assertEquals(0, TestSupport.queuedReceivers((Source<?>) one.done()));
        assertEquals(0, TestSupport.queuedReceivers((Source<?>) other.done()));
      });
    }
  }
}
