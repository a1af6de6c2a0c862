package io.heddle.evidence.history;

import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.evidence.history.Operation.Choice;
import io.heddle.evidence.history.Operation.CondWait;
import io.heddle.evidence.history.Operation.Deed;
import io.heddle.evidence.history.Operation.Mode;
import io.heddle.evidence.history.Operation.Verb;
import io.heddle.evidence.history.Operation.Wait;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Objects with one mistake each, of the kinds that one makes in such code. */
final class Mutants {
  private Mutants() {}

  /** Looks whether there is room, and then sends as if there still were. */
  static final class ActsOnAnOldLook extends Rig {
    ActsOnAnOldLook(Program program) {
      super(program);
    }

    @Override
    int single(Choice one, Mode mode, Duration limit)
        throws InterruptedException, TimeoutException {
      if (one.verb() == Verb.SEND && mode == Mode.NOT_AT_ALL) {
        Chan<Integer> chan = chan(one.item());
        if (chan.len() == chan.cap()) {
          return Outcome.NOTHING; // a receiver may wait
        }
        Go.gosched();
        chan.send(one.argument());
        return 0;
      }
      return super.single(one, mode, limit);
    }
  }

  /** An interrupt ends the wait after the value was taken. */
  static final class LosesAValueToAnInterrupt extends Rig {
    LosesAValueToAnInterrupt(Program program) {
      super(program);
    }

    @Override
    int single(Choice one, Mode mode, Duration limit)
        throws InterruptedException, TimeoutException {
      int value = super.single(one, mode, limit);
      if (one.verb() == Verb.RECEIVE && mode == Mode.FOREVER && Thread.interrupted()) {
        throw new InterruptedException("with the value in hand");
      }
      return value;
    }
  }

  /** A wait that succeeds swallows the interrupt that came meanwhile. */
  static final class SwallowsInterrupts extends Rig {
    SwallowsInterrupts(Program program) {
      super(program);
    }

    @Override
    int single(Choice one, Mode mode, Duration limit)
        throws InterruptedException, TimeoutException {
      int value = super.single(one, mode, limit);
      Thread.interrupted();
      return value;
    }
  }

  /** A sender continues as soon as the channel, not yet a receiver, has its value. */
  static final class LetsSendersGoEarly extends Rig {
    LetsSendersGoEarly(Program program) {
      super(program);
    }

    @Override
    int single(Choice one, Mode mode, Duration limit)
        throws InterruptedException, TimeoutException {
      if (one.verb() == Verb.SEND && mode == Mode.FOREVER) {
        Chan<Integer> chan = chan(one.item());
        Go.go(() -> {
          try {
            chan.send(one.argument());
          } catch (IllegalStateException e) {
            // closed
          }
        });
        return 0;
      }
      return super.single(one, mode, limit);
    }
  }

  /** A select that tries one case after the other. */
  static final class SelectsOneByOne extends Rig {
    SelectsOneByOne(Program program) {
      super(program);
    }

    @Override
    int select(Wait wait) throws InterruptedException, TimeoutException {
      if (wait.mode() != Mode.NOT_AT_ALL) {
        return super.select(wait);
      }
      for (int i = 0; i < wait.cases().size(); i++) {
        int value = single(wait.cases().get(i), Mode.NOT_AT_ALL, wait.limit());
        if (value != Outcome.NOTHING) {
          return Outcome.of(i, value);
        }
        Go.gosched();
      }
      return Outcome.NOTHING;
    }
  }

  /** Several permits are several acquires. */
  static final class AcquiresOneByOne extends Rig {
    AcquiresOneByOne(Program program) {
      super(program);
    }

    @Override
    int single(Choice one, Mode mode, Duration limit)
        throws InterruptedException, TimeoutException {
      if (one.verb() == Verb.ACQUIRE && mode == Mode.FOREVER) {
        for (int i = 0; i < one.argument(); i++) {
          semaphore(one.item()).acquire();
          Go.gosched(); // so that others come in between on one processor, too
        }
        return 0;
      }
      return super.single(one, mode, limit);
    }
  }

  /** Every second unlock with waiting threads is left out. */
  static final class ForgetsToWake extends Rig {
    private final AtomicInteger releases = new AtomicInteger();

    ForgetsToWake(Program program) {
      super(program);
    }

    @Override
    int act(Deed deed, int item, int argument) {
      if (deed == Deed.RELEASE
          && semaphore(item).waiting() > 0
          && releases.getAndIncrement() % 2 == 0) {
        return 0;
      }
      return super.act(deed, item, argument);
    }
  }

  /** The lock lets two in when they come at the same time. */
  static final class LetsTwoIn extends Rig {
    private final ConcurrentHashMap<Integer, AtomicBoolean> locks = new ConcurrentHashMap<>();

    LetsTwoIn(Program program) {
      super(program);
    }

    @Override
    int single(Choice one, Mode mode, Duration limit)
        throws InterruptedException, TimeoutException {
      if (one.verb() != Verb.LOCK || mode != Mode.NOT_AT_ALL) {
        return super.single(one, mode, limit);
      }
      AtomicBoolean locked = locks.computeIfAbsent(one.item(), _ -> new AtomicBoolean());
      if (locked.get()) {
        return Outcome.NOTHING;
      }
      Go.gosched(); // no compare-and-set
      locked.set(true);
      return 0;
    }

    @Override
    int act(Deed deed, int item, int argument) {
      if (deed == Deed.UNLOCK && locks.containsKey(item)) {
        locks.get(item).set(false);
        return 0;
      }
      return super.act(deed, item, argument);
    }
  }

  /** A wait that times out takes the signal with it that came too late for it. */
  static final class LosesASignal extends Rig {
    LosesASignal(Program program) {
      super(program);
    }

    @Override
    int await(CondWait wait) throws InterruptedException, TimeoutException {
      try {
        return super.await(wait);
      } catch (TimeoutException e) {
        cond(wait.item()).await(); // has been given up, and still takes a signal
        throw e;
      }
    }
  }

  /** The count is looked at before the wait, not in it. */
  static final class ComesBackEarly extends Rig {
    ComesBackEarly(Program program) {
      super(program);
    }

    @Override
    int single(Choice one, Mode mode, Duration limit)
        throws InterruptedException, TimeoutException {
      if (one.verb() == Verb.AWAIT && mode == Mode.FOREVER) {
        try {
          waitGroup(one.item()).await(Duration.ofNanos(100_000));
        } catch (TimeoutException e) {
          return 0;
        }
        return 0;
      }
      return super.single(one, mode, limit);
    }
  }

  /** A timer that was reset still yields what it was set to before. */
  static final class YieldsStaleTimes extends Rig {
    YieldsStaleTimes(Program program) {
      super(program);
    }

    @Override
    int act(Deed deed, int item, int argument) {
      if (deed == Deed.STOP) {
        return 1; // and continues
      }
      return super.act(deed, item, argument);
    }
  }

  /** Who waits under a context does not hear of its end. */
  static final class IsDeafToItsContext extends Rig {
    IsDeafToItsContext(Program program) {
      super(program);
    }

    @Override
    int single(Choice one, Mode mode, Duration limit)
        throws InterruptedException, TimeoutException {
      if (mode == Mode.UNDER_CONTEXT) {
        Context context = context();
        if (context.error() == null) {
          return super.single(one, Mode.FOREVER, limit);
        }
      }
      return super.single(one, mode, limit);
    }
  }
}
