package io.heddle;

import static io.heddle.ContextAssertions.assertDone;
import static io.heddle.ContextAssertions.assertOpen;
import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.ForeignContexts.Manual;
import io.heddle.ForeignContexts.Wrapper;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
final class ContextTreeTest {
  private static final int MANY = 100_000;
  private static final Duration LONG = Duration.ofHours(1000);

  /** How many wait for the end of a context: its children and everybody else. */
  private static int followers(Context context) {
    return TestSupport.queuedReceivers((Source<?>) context.done());
  }

  @Nested
  final class Links {
    @Test
    void aContextForgetsItsChildrenWhenItIsDone() throws InterruptedException {
      run(() -> {
        CancelContext parent = Context.background().withCancel();
        Chan<String> ran = Chan.unbuffered();
        Context child = parent.withCancel();
        Context timed = parent.withTimeout(LONG);
        Context value = parent.withValue(Context.key("key"), 1);
        AfterFunc stop = parent.afterFunc(() -> ran.send("ran"));
        assertEquals(3, followers(parent));
        parent.cancel();
        assertEquals(0, followers(parent));
        for (Context below : List.of(child, timed, value, parent.withCancel())) {
          assertDone(below, CancelledException.class);
          assertSame(parent.error(), below.error());
          assertEquals(0, followers(below));
        }
        assertFalse(stop.stop());
        assertEquals("ran", ran.receive());
        assertEquals(0, followers(parent));
      });
    }

    @Test
    void aChildThatIsDoneFirstLeavesItsParentOpen() throws InterruptedException {
      run(() -> {
        CancelContext parent = Context.background().withCancel();
        CancelContext child = parent.withCancel();
        Context grandchild = child.withCancel();
        child.cancel();
        assertOpen(parent);
        assertEquals(0, followers(parent));
        assertDone(grandchild, CancelledException.class);
      });
    }

    @Test
    void whateverEndsLeavesItsParent() throws InterruptedException {
      run(() -> {
        CancelContext parent = Context.background().withCancel();
        CancelContext child = parent.withCancel();
        CancelContext timed = new Wrapper(parent).withTimeout(LONG);
        AfterFunc stop = parent.afterFunc(() -> {});
        CancelContext merged = Context.merge(Context.background(), parent);
        Chan<String> quit = Chan.unbuffered();
        Goroutine<?> under = go(parent, () -> quit.receive());
        assertEquals(5, followers(parent));
        child.cancel();
        assertEquals(4, followers(parent));
        timed.close();
        assertEquals(3, followers(parent));
        assertTrue(stop.stop());
        assertEquals(2, followers(parent));
        merged.cancel();
        assertEquals(1, followers(parent));
        quit.close();
        under.join();
        assertEquals(0, followers(parent));
      });
    }

    @Test
    void manyShortLivedChildrenLeaveNothing() throws InterruptedException {
      run(() -> {
        CancelContext parent = Context.background().withCancel();
        WaitGroup group = new WaitGroup();
        for (int i = 0; i < 4; i++) {
          group.go(() -> {
            for (int j = 0; j < 5_000; j++) {
              try (CancelContext child = parent.withCancel();
                  CancelContext grandchild = child.withTimeout(LONG)) {
                assertFalse(grandchild.isDone());
              }
            }
          });
        }
        group.await();
        assertEquals(0, followers(parent));
        assertOpen(parent);
      });
    }

    @Test
    void timeoutsThatExpireLeaveTheirParent() throws InterruptedException {
      run(() -> {
        CancelContext parent = Context.background().withCancel();
        List<Context> timed = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
          timed.add(parent.withTimeout(Duration.ofNanos(i * 1000L)));
        }
        for (Context one : timed) {
          one.done().receive();
          assertDone(one, DeadlineExceededException.class);
        }
        // A context leaves its parent just after it is seen to be done.
        TestSupport.await("all to have left", () -> followers(parent) == 0);
        assertOpen(parent);
      });
    }
  }

  @Nested
  final class Races {
    @ParameterizedTest
    @EnumSource(Kind.class)
    void aChildMadeWhileItsParentIsCancelledIsDoneToo(Kind kind) throws InterruptedException {
      run(() -> {
        for (int i = 0; i < 2000; i++) {
          CancelContext inner = Context.background().withCancel();
          Manual manual = new Manual();
          Exception cause = new Exception("cause");
          Context parent =
              switch (kind) {
                case OURS -> inner;
                case WRAPPED -> new Wrapper(inner);
                case MANUAL -> manual;
                case MERGED -> Context.merge(Context.background().withCancel(), inner);
              };
          Goroutine<?> canceller =
              go(() -> {
                inner.cancel(cause);
                manual.cancel(new CancelledException("by hand", null));
              });
          CancelContext child = parent.withTimeout(LONG);
          Context grandchild = child.withCancel();
          canceller.join();
          grandchild.done().receive();
          assertDone(grandchild, CancelledException.class);
          assertSame(kind == Kind.MANUAL ? manual.error() : cause, grandchild.cause());
          assertEquals(0, followers(parent));
        }
      });
    }

    enum Kind {
      OURS,
      WRAPPED,
      MANUAL,
      MERGED
    }

    @Test
    void allContextsOfATreeCancelledAtOnceEndIt() throws InterruptedException {
      for (int round = 0; round < 20; round++) {
        List<Context> tree = new ArrayList<>(List.of(Context.background().withCancel()));
        for (int i = 0; tree.size() < 100; i++) {
          for (int child = 0; child < 4; child++) {
            tree.add(tree.get(i).withCancel());
          }
        }
        List<Context> order = new ArrayList<>(tree);
        Collections.shuffle(order, new Random(round));
        run(() -> {
          WaitGroup group = new WaitGroup();
          for (Context one : order) {
            group.go(((CancelContext) one)::cancel);
          }
          for (Context one : tree) {
            one.done().receive();
          }
          group.await();
          for (Context one : tree) {
            assertDone(one, CancelledException.class);
            assertEquals(0, followers(one));
          }
        });
      }
    }

    @Test
    void twoParentsOfOneMergedContextMayEndAtOnce() throws InterruptedException {
      run(() -> {
        for (int i = 0; i < 2000; i++) {
          CancelContext left = Context.background().withCancel();
          CancelContext right = Context.background().withCancel();
          Context merged = Context.merge(left, right);
          Goroutine<?> one = go(() -> left.cancel(new Exception("left")));
          Goroutine<?> other = go(() -> right.cancel(new Exception("right")));
          merged.done().receive();
          Throwable cause = merged.cause();
          assertNotNull(cause);
          one.join();
          other.join();
          assertSame(cause, merged.cause());
          assertTrue(cause == left.cause() || cause == right.cause());
          assertEquals(0, followers(left));
          assertEquals(0, followers(right));
        }
      });
    }
  }

  @Nested
  final class Big {
    @Test
    void aContextWithVeryManyChildren() throws InterruptedException {
      run(() -> {
        CancelContext root = Context.background().withCancel();
        List<Context> children = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
          children.add(root.withCancel());
        }
        assertEquals(MANY, followers(root));
        cancelAndCount(root, children);
      });
    }

    @Test
    void aVeryDeepChain() throws InterruptedException {
      run(() -> {
        CancelContext root = Context.background().withCancel();
        List<Context> chain = new ArrayList<>();
        Context last = root;
        for (int i = 0; i < MANY; i++) {
          last = i % 2 == 0 ? last.withCancel() : last.withTimeout(LONG);
          chain.add(last);
        }
        assertTrue(last.interrupts());
        assertTrue(last.toString().startsWith("Context.background.withCancel.withCancel."));
        Context deepest = last;
        Goroutine<?> under = go(deepest, () -> Chan.never().receive());
        cancelAndCount(root, chain);
        under.join();
        assertFalse(deepest.withoutInterrupts().interrupts());
      });
    }

    @Test
    void aTreeOfFourChildrenEach() throws InterruptedException {
      run(() -> {
        CancelContext root = Context.background().withCancel();
        List<Context> tree = new ArrayList<>(List.of(root));
        for (int i = 0; tree.size() < MANY; i++) {
          for (int child = 0; child < 4; child++) {
            tree.add(tree.get(i).withCancel());
          }
        }
        cancelAndCount(root, tree);
      });
    }

    @Test
    void aParentThatEndsWhileItsChildJoinsTheOtherLeavesNothingThere() throws InterruptedException {
      run(() -> {
        CancelContext lasting = Context.background().withCancel();
        for (int round = 0; round < 5_000; round++) {
          CancelContext ending = Context.background().withCancel();
          Goroutine<?> cancels = Go.go(() -> ending.cancel());
          Context.merge(ending, lasting);
          cancels.join();
          assertEquals(0, followers(lasting));
        }
      });
    }

    @Test
    void aVeryDeepChainOfWrappers() throws InterruptedException {
      run(() -> {
        CancelContext root = Context.background().withCancel();
        List<Context> chain = new ArrayList<>();
        Context last = root;
        for (int i = 0; i < MANY; i++) {
          last = new Wrapper(last.withCancel());
          chain.add(last);
        }
        cancelAndCount(root, chain);
      });
    }

    /** Each context tells its end once, and nothing is left in any. */
    private void cancelAndCount(CancelContext root, List<Context> contexts) {
      AtomicInteger told = new AtomicInteger();
      for (Context context : contexts) {
        new Listener(context, told).listen();
      }
      root.cancel();
      assertEquals(contexts.size(), told.get());
      for (Context context : contexts) {
        assertSame(root.error(), context.error());
        assertEquals(0, followers(context));
      }
    }
  }

  private static final class Listener extends ContextListener {
    private final AtomicInteger told;

    Listener(Context context, AtomicInteger told) {
      super(context);
      this.told = told;
    }

    @Override
    void wake() {
      told.incrementAndGet();
    }
  }
}
