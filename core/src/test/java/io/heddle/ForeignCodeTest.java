package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Code of others that the kernel calls, and that behaves unexpectedly. */
@Timeout(60)
final class ForeignCodeTest {
  @Test
  void aThreadThatWasGivenAGoroutinesHandlerIsNotTakenForTheGoroutine() throws Exception {
    run(() -> {
      Chan<String> ours = Chan.unbuffered();
      Chan<String> theirs = Chan.unbuffered();
      AtomicReference<@Nullable String> got = new AtomicReference<>();
      Thread helper =
          Thread.ofPlatform()
              .unstarted(() -> {
                try {
                  got.set(theirs.receive());
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });
      helper.setUncaughtExceptionHandler(Thread.currentThread().getUncaughtExceptionHandler());
      assertNull(Routine.of(helper));
      helper.start();
      go(() -> {
        theirs.send("theirs");
        ours.send("ours");
      });
      assertEquals("ours", ours.receive());
      helper.join();
      assertEquals("theirs", got.get());
    });
  }

  @Test
  void aContextWithoutAChannelFailsTheCallAndLeavesNobodyQueued() throws Exception {
    run(() -> {
      Chan<String> channel = Chan.unbuffered();
      assertThrows(NullPointerException.class, () -> channel.receive(new Mock(false)));
      assertFalse(channel.trySend("nobody is there"));
      TestSupport.assertNobodyQueued(channel);
      go(() -> {}).join(); // the goroutine can still wait
    });
  }

  @Test
  void aContextThatThrowsFailsTheCallAndLeavesNobodyQueued() throws Exception {
    run(() -> {
      Mutex mutex = new Mutex();
      mutex.lock();
      assertThrows(IllegalStateException.class, () -> mutex.lock(new Mock(true)));
      mutex.unlock();
      assertTrue(mutex.tryLock());
    });
  }

  /** As one does that makes its channel under a lock when it is asked for. */
  @Test
  void aContextThatWaitsItselfDoesNotDisturbTheWaitItIsAskedFor() throws Exception {
    run(() -> {
      Chan<String> channel = Chan.unbuffered();
      Chan<String> asked = Chan.unbuffered();
      Chan<String> goOn = Chan.unbuffered();
      Context waiting =
          new SecondTime(() -> {
            asked.send("asked");
            goOn.receive();
          });
      Chan<String> got = Chan.buffered(1);
      go(() -> got.send(channel.receive(waiting)));
      asked.receive(); // the receiver is queued now, and waits for something else
      channel.send("value");
      goOn.send("go on");
      assertEquals("value", got.receive());
      TestSupport.assertNobodyQueued(channel);
    });
  }

  @Test
  void aContextThatThrowsLateLeavesNobodyQueued() throws Exception {
    run(() -> {
      Chan<String> channel = Chan.unbuffered();
      Task fails =
          () -> {
            throw new IllegalStateException("not again");
          };
      assertThrows(IllegalStateException.class, () -> channel.receive(new SecondTime(fails)));
      TestSupport.assertNobodyQueued(channel);
      Select select = Select.of(channel.onReceive());
      assertThrows(IllegalStateException.class, () -> select.await(new SecondTime(fails)));
      TestSupport.assertNobodyQueued(channel);
      go(() -> channel.send("value"));
      assertEquals("value", channel.receive());
    });
  }

  /** A context that does something when it is asked for its channel for the second time. */
  private static final class SecondTime extends ForeignContexts.Wrapper {
    private final Task task;
    private int asked;

    SecondTime(Task task) {
      super(Context.background().withCancel());
      this.task = task;
    }

    @Override
    public Receiver<Void> done() {
      asked++;
      if (asked == 2) {
        try {
          task.run();
        } catch (RuntimeException e) {
          throw e;
        } catch (Exception e) {
          throw new IllegalStateException(e);
        }
      }
      return super.done();
    }
  }

  @Test
  void aListenerThatThrowsDoesNotKeepOthersAsleep() {
    AtomicReference<@Nullable String> woken = new AtomicReference<>();
    Waiter bad =
        new CallbackWaiter(() -> {
          throw new IllegalStateException("cannot");
        });
    Waiter good = new CallbackWaiter(() -> woken.set("woken"));
    assertThrows(IllegalStateException.class, () -> Waiter.wakeAll(List.of(bad, good)));
    assertEquals("woken", woken.get());
  }

  /** A context as a mocking library makes it. */
  private record Mock(boolean fails) implements Context {
    @Override
    public @Nullable Instant deadline() {
      return null;
    }

    @Override
    public Receiver<Void> done() {
      if (fails) {
        throw new IllegalStateException("not stubbed");
      }
      return null;
    }

    @Override
    public @Nullable ContextException error() {
      return null;
    }

    @Override
    public <T> @Nullable T value(Key<T> key) {
      return null;
    }
  }
}
