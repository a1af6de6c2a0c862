package io.heddle.evidence.history;

import io.heddle.CancelContext;
import io.heddle.Case;
import io.heddle.Chan;
import io.heddle.Cond;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Locker;
import io.heddle.Mutex;
import io.heddle.RWMutex;
import io.heddle.Receiver;
import io.heddle.Select;
import io.heddle.Semaphore;
import io.heddle.Timer;
import io.heddle.WaitGroup;
import io.heddle.evidence.history.Operation.Act;
import io.heddle.evidence.history.Operation.Choice;
import io.heddle.evidence.history.Operation.CondWait;
import io.heddle.evidence.history.Operation.Deed;
import io.heddle.evidence.history.Operation.Mode;
import io.heddle.evidence.history.Operation.Verb;
import io.heddle.evidence.history.Operation.Wait;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The real objects of one run of a program, and how to perform the operations on them. */
class Rig {
  private final Program program;
  private final Object[] objects;
  private final @Nullable Thread[] threads;

  Rig(Program program) {
    this.program = program;
    this.objects = new Object[program.items().size()];
    this.threads = new Thread[program.threads().size()];
    for (int i = 0; i < objects.length; i++) {
      Item item = program.items().get(i);
      objects[i] =
          switch (item.kind()) {
            case CHANNEL -> Chan.<Integer>buffered(item.size());
            case MUTEX -> new Mutex();
            case RW_MUTEX -> new RWMutex();
            case SEMAPHORE -> new Semaphore(item.size());
            case WAIT_GROUP -> group(item.size());
            case COND -> new Cond(mutex(item.size())); // comes after its mutex
            case TIMER -> stoppedTimer();
            case CONTEXT -> Context.background().withCancel();
          };
    }
  }

  private static WaitGroup group(int count) {
    WaitGroup group = new WaitGroup();
    group.add(count);
    return group;
  }

  private static Timer stoppedTimer() {
    Timer timer = Timer.start(Duration.ofDays(1));
    timer.stop();
    return timer;
  }

  /** Says which thread is which, before the program begins. */
  final void thread(int index, Thread thread) {
    threads[index] = thread;
  }

  /** Performs an operation on the calling thread. */
  final int perform(Operation operation) {
    try {
      return switch (operation) {
        case Wait wait when wait.cases().size() == 1 -> {
          int value = single(wait.cases().getFirst(), wait.mode(), wait.limit());
          yield value < 0 ? value : Outcome.of(0, value);
        }
        case Wait wait -> select(wait);
        case CondWait wait -> await(wait);
        case Act act -> act(act.deed(), act.item(), act.argument());
      };
    } catch (InterruptedException e) {
      return Outcome.INTERRUPTED;
    } catch (TimeoutException e) {
      return Outcome.TIMED_OUT;
    } catch (ContextException e) {
      return Outcome.CANCELLED;
    } catch (IllegalStateException e) {
      return Outcome.REFUSED;
    }
  }

  /** An operation that waits, by the method of its own. */
  int single(Choice one, Mode mode, Duration limit) throws InterruptedException, TimeoutException {
    return switch (one.verb()) {
      case SEND -> {
        Chan<Integer> chan = chan(one.item());
        int value = one.argument();
        yield attempt(
            mode,
            () -> chan.send(value),
            () -> chan.send(value, limit),
            () -> chan.send(value, context()),
            () -> chan.trySend(value));
      }
      case RECEIVE -> {
        Chan<Integer> chan = chan(one.item());
        yield switch (mode) {
          case FOREVER -> orClosed(chan.receive());
          case BRIEFLY -> orClosed(chan.receive(limit));
          case UNDER_CONTEXT -> orClosed(chan.receive(context()));
          case NOT_AT_ALL -> Objects.requireNonNullElse(chan.tryReceive(), Outcome.NOTHING);
        };
      }
      case LOCK, READ_LOCK -> {
        Locker locker = locker(one);
        yield attempt(
            mode,
            locker::lock,
            () -> locker.lock(limit),
            () -> locker.lock(context()),
            locker::tryLock);
      }
      case ACQUIRE -> {
        Semaphore semaphore = semaphore(one.item());
        int permits = one.argument();
        yield attempt(
            mode,
            () -> semaphore.acquire(permits),
            () -> semaphore.acquire(permits, limit),
            () -> semaphore.acquire(permits, context()),
            () -> semaphore.tryAcquire(permits));
      }
      case AWAIT -> {
        WaitGroup group = waitGroup(one.item());
        yield attempt(
            mode,
            group::await,
            () -> group.await(limit),
            () -> group.await(context()),
            group::tryAwait);
      }
      case EXPIRE -> {
        Receiver<?> timer = timer(one.item());
        yield attempt(
            mode,
            timer::receive,
            () -> timer.receive(limit),
            () -> timer.receive(context()),
            () -> timer.tryReceive() != null);
      }
      case END -> {
        Case<Integer> done = context().onDone(() -> 0);
        yield attempt(
            mode,
            () -> Select.select(done),
            () -> Select.of(done).await(limit),
            () -> Select.of(done).await(context()),
            () -> Select.of(done).tryAwait() != null);
      }
    };
  }

  /** One of the ways to wait. */
  private interface Waiting {
    void run() throws InterruptedException, TimeoutException;
  }

  /** Waits in a mode for something without a value. */
  private static int attempt(
      Mode mode, Waiting forever, Waiting briefly, Waiting underContext, BooleanSupplier trial)
      throws InterruptedException, TimeoutException {
    switch (mode) {
      case FOREVER -> forever.run();
      case BRIEFLY -> briefly.run();
      case UNDER_CONTEXT -> underContext.run();
      case NOT_AT_ALL -> {
        return trial.getAsBoolean() ? 0 : Outcome.NOTHING;
      }
    }
    return 0;
  }

  /** Several alternatives: a select. */
  int select(Wait wait) throws InterruptedException, TimeoutException {
    List<Choice> choices = wait.cases();
    Case<?>[] cases = new Case<?>[choices.size()];
    for (int i = 0; i < cases.length; i++) {
      cases[i] = onCase(choices.get(i), i);
    }
    Select select = wait.inOrder() ? Select.inOrder(cases) : Select.of(cases);
    Case<?> chosen =
        switch (wait.mode()) {
          case FOREVER -> select.await();
          case BRIEFLY -> select.await(wait.limit());
          case UNDER_CONTEXT -> select.await(context());
          case NOT_AT_ALL -> select.tryAwait();
        };
    return chosen == null ? Outcome.NOTHING : (Integer) Objects.requireNonNull(chosen.result());
  }

  private Case<Integer> onCase(Choice one, int index) {
    int done = Outcome.of(index, 0);
    return switch (one.verb()) {
      case SEND -> chan(one.item()).onSend(one.argument(), () -> done);
      case RECEIVE -> chan(one.item()).onReceive(value -> Outcome.of(index, orClosed(value)));
      case LOCK, READ_LOCK -> locker(one).onLock(() -> done);
      case ACQUIRE -> semaphore(one.item()).onAcquire(one.argument(), () -> done);
      case AWAIT -> waitGroup(one.item()).onAwait(() -> done);
      case EXPIRE -> timer(one.item()).onReceive(_ -> done);
      case END -> context().onDone(() -> done);
    };
  }

  int await(CondWait wait) throws InterruptedException, TimeoutException {
    Cond cond = cond(wait.item());
    switch (wait.mode()) {
      case FOREVER -> cond.await();
      case BRIEFLY -> cond.await(wait.limit());
      case UNDER_CONTEXT -> cond.await(context());
      case NOT_AT_ALL -> throw new AssertionError("a condition cannot be tried");
    }
    return 0;
  }

  int act(Deed deed, int item, int argument) {
    switch (deed) {
      case CLOSE -> chan(item).close();
      case UNLOCK -> ((Locker) objects[item]).unlock();
      case READ_UNLOCK -> ((RWMutex) objects[item]).reading().unlock();
      case RELEASE -> semaphore(item).release(argument);
      case DONE -> waitGroup(item).done();
      case SIGNAL -> cond(item).signal();
      case BROADCAST -> cond(item).broadcast();
      case CANCEL -> context().cancel();
      case INTERRUPT -> Objects.requireNonNull(threads[item]).interrupt();
      case LEN -> {
        return chan(item).len();
      }
      case IS_DRAINED -> {
        return Outcome.of(chan(item).isDrained());
      }
      case AVAILABLE -> {
        return (int) semaphore(item).available();
      }
      case STOP -> {
        return Outcome.of(timer(item).stop());
      }
      case RESET -> {
        return Outcome.of(timer(item).reset(Duration.ofNanos(argument)));
      }
      case ASK_INTERRUPTED -> {
        return Outcome.of(Thread.interrupted());
      }
    }
    return 0;
  }

  /** Releases threads that sleep forever when the history is written: unlocks all locks. */
  final void unlockAll() {
    for (Object object : objects) {
      if (object instanceof Mutex mutex && !mutex.tryLock()) {
        try {
          mutex.unlock();
        } catch (IllegalStateException e) {
          // it has been unlocked meanwhile
        }
      } else if (object instanceof Mutex mutex) {
        mutex.unlock();
      }
    }
  }

  private static int orClosed(@Nullable Integer value) {
    return value == null ? Outcome.CLOSED : value;
  }

  @SuppressWarnings("unchecked") // all channels here are of integers
  final Chan<Integer> chan(int item) {
    return (Chan<Integer>) objects[item];
  }

  final Mutex mutex(int item) {
    return (Mutex) objects[item];
  }

  final Locker locker(Choice one) {
    return one.verb() == Verb.READ_LOCK
        ? ((RWMutex) objects[one.item()]).reading()
        : (Locker) objects[one.item()];
  }

  final Semaphore semaphore(int item) {
    return (Semaphore) objects[item];
  }

  final WaitGroup waitGroup(int item) {
    return (WaitGroup) objects[item];
  }

  final Cond cond(int item) {
    return (Cond) objects[item];
  }

  final Timer timer(int item) {
    return (Timer) objects[item];
  }

  final CancelContext context() {
    return (CancelContext) objects[program.context()];
  }
}
