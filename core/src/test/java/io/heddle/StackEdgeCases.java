package io.heddle;

import static io.heddle.Go.afterFunc;
import static io.heddle.Go.go;

import io.heddle.StackEdge.Maker;
import io.heddle.StackEdge.Subject;
import io.heddle.interop.ReceiverPublisher;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/** The operations that {@link StackEdge} tries. */
final class StackEdgeCases {
  private static final Duration HOUR = Duration.ofHours(1);

  /** More than are tried in one descent, warm-up included. */
  private static final int MANY = 7_000;

  /** As many wait for what is ended one by one. */
  private static final int FEW = 3_100;

  private StackEdgeCases() {}

  static Map<String, Maker> all() {
    Map<String, Maker> all = new LinkedHashMap<>();
    all.put("trySend", StackEdgeCases::trySend);
    all.put("tryReceive", StackEdgeCases::tryReceive);
    all.put("send", () -> sends(0));
    all.put("send to a buffer", () -> sends(1));
    all.put("send in time", StackEdgeCases::sendsInTime);
    all.put("receive", () -> receives(0));
    all.put("receive from a buffer", () -> receives(1));
    all.put("select", StackEdgeCases::selects);
    all.put("try a select", StackEdgeCases::triesSelects);
    all.put("close", StackEdgeCases::closes);
    all.put("mutex", () -> locks(new Mutex()));
    all.put("write lock", () -> locks(new RWMutex()));
    all.put("read lock", () -> locks(new RWMutex().reading()));
    all.put("semaphore", StackEdgeCases::semaphore);
    all.put("wait group", StackEdgeCases::waitGroup);
    all.put("signal", StackEdgeCases::signals);
    all.put("condition", StackEdgeCases::awaits);
    all.put("once", StackEdgeCases::once);
    all.put("go", StackEdgeCases::starts);
    all.put("task group", StackEdgeCases::groups);
    all.put("run", StackEdgeCases::runs);
    all.put("join", StackEdgeCases::joins);
    all.put("cancel a goroutine", StackEdgeCases::cancelsGoroutines);
    all.put("sleep", StackEdgeCases::sleeps);
    all.put("stop a timed function", StackEdgeCases::stopsTimedFunctions);
    all.put("timer", StackEdgeCases::timers);
    all.put("context", StackEdgeCases::contexts);
    all.put("cancel a context", StackEdgeCases::cancelsContexts);
    all.put("feed", StackEdgeCases::feeds);
    all.put("subscribe", StackEdgeCases::subscribes);
    return all;
  }

  @SuppressWarnings("AnnotateFormatMethod") // core's tests do not have the annotation
  static void require(boolean holds, String format, Object... arguments) {
    if (!holds) {
      throw new AssertionError(String.format(format, arguments));
    }
  }

  private static Subject trySend() {
    Chan<Integer> channel = Chan.buffered(MANY);
    return new Subject() {
      @Override
      public void operate() {
        require(channel.trySend(1), "full");
      }

      @Override
      public void verify(int done) {
        require(channel.len() == done, "%d of %d are in", channel.len(), done);
        for (int i = 0; i < done; i++) {
          require(channel.tryReceive() != null, "only %d were in", i);
        }
        require(channel.trySend(1) && channel.tryReceive() == 1, "does not work");
      }
    };
  }

  private static Subject tryReceive() {
    Chan<Integer> channel = Chan.buffered(MANY);
    for (int i = 0; i < MANY; i++) {
      channel.trySend(i);
    }
    return new Subject() {
      int next;

      @Override
      public void operate() {
        Integer received = channel.tryReceive();
        require(received != null && received == next, "%s instead of %d", received, next);
        next++;
      }

      @Override
      public void verify(int done) {
        Integer received = channel.tryReceive();
        require(received != null && received == done, "%s instead of %d", received, done);
        require(channel.len() == MANY - done - 1, "%d left", channel.len());
      }
    };
  }

  /** Sends to a goroutine that receives. */
  private abstract static class Sends implements Subject {
    final Chan<Integer> channel;
    private int next;
    private int received;
    private final Goroutine<?> receiver;

    Sends(int capacity) {
      channel = Chan.buffered(capacity);
      receiver =
          go(() -> {
            for (int value : channel) {
              require(value == received, "%d instead of %d", value, received);
              received++;
            }
          });
    }

    abstract void send(int value) throws Exception;

    @Override
    public final void operate() throws Exception {
      send(next);
      next++;
    }

    @Override
    public final void verify(int done) throws Exception {
      channel.send(done);
      channel.close();
      receiver.join();
      require(receiver.failure() == null, "%s", receiver.failure());
      require(received == done + 1, "%d received, %d sent", received - 1, done);
    }
  }

  private static Subject sends(int capacity) {
    return new Sends(capacity) {
      @Override
      void send(int value) throws Exception {
        channel.send(value);
      }
    };
  }

  private static Subject sendsInTime() {
    return new Sends(0) {
      @Override
      void send(int value) throws Exception {
        channel.send(value, HOUR);
      }
    };
  }

  private static Subject receives(int capacity) {
    Chan<Integer> channel = Chan.buffered(capacity);
    go(() -> {
      for (int i = 0; i < MANY; i++) {
        channel.send(i);
      }
    });
    return new Subject() {
      int next;

      @Override
      public void operate() throws Exception {
        int received = channel.receive();
        require(received == next, "%d instead of %d", received, next);
        next++;
      }

      @Override
      public void verify(int done) throws Exception {
        for (int i = done; i < MANY; i++) {
          int received = channel.receive();
          require(received == i, "%d instead of %d", received, i);
        }
      }
    };
  }

  /** Receives from one goroutine, or sends to another, whichever can be first. */
  private static Subject selects() {
    Chan<Integer> in = Chan.unbuffered();
    Chan<Integer> out = Chan.unbuffered();
    AtomicInteger received = new AtomicInteger();
    go(() -> {
      for (int i = 0; i < MANY; i++) {
        in.send(i);
      }
    });
    Goroutine<?> receiver =
        go(() -> {
          for (int _ : out) {
            received.incrementAndGet();
          }
        });
    return new Subject() {
      final Case<Integer> receive = in.onReceive();
      final Case<Void> send = out.onSend(1);
      final Select select = Select.of(receive, send);
      int next;
      int sent;

      @Override
      public void operate() throws Exception {
        if (select.await() == receive) {
          next++;
        } else {
          sent++;
        }
      }

      @Override
      public void verify(int done) throws Exception {
        require(next + sent == done, "%d and %d of %d", next, sent, done);
        int value = in.receive();
        require(value == next, "%d instead of %d", value, next);
        out.close();
        receiver.join();
        require(received.get() == sent, "%d received, %d sent", received.get(), sent);
      }
    };
  }

  private static Subject triesSelects() {
    Chan<Integer> first = Chan.buffered(MANY);
    Chan<Integer> second = Chan.buffered(MANY);
    return new Subject() {
      final Select select = Select.of(first.onSend(1), second.onSend(2));

      @Override
      public void operate() {
        require(select.tryAwait() != null, "both are full");
      }

      @Override
      public void verify(int done) {
        require(first.len() + second.len() == done, "%s and %s of %d", first, second, done);
        require(first.trySend(1) && second.trySend(2), "full");
        require(first.tryReceive() != null && second.tryReceive() != null, "does not work");
      }
    };
  }

  /** Ends what a goroutine waits for, one after the other. */
  private abstract static class Ends implements Subject {
    private final List<Goroutine<?>> waiting = new ArrayList<>();
    private int next;

    final void isWaitedFor(Task wait) {
      waiting.add(go(wait));
    }

    abstract void end(int i);

    abstract boolean hasEnded(int i);

    @Override
    public final void operate() {
      end(next);
      next++;
    }

    @Override
    public final void verify(int done) throws Exception {
      require(next == done, "%d of %d", next, done);
      for (int i = 0; i < waiting.size(); i++) {
        require(hasEnded(i) == i < done, "%d of %d", i, done);
        if (i == done) {
          end(i);
        } else if (i > done) {
          end(i);
        }
        waiting.get(i).join();
      }
    }
  }

  private static Subject closes() {
    List<Chan<Integer>> channels = new ArrayList<>();
    Ends subject =
        new Ends() {
          @Override
          void end(int i) {
            channels.get(i).close();
          }

          @Override
          boolean hasEnded(int i) {
            return channels.get(i).isDrained();
          }
        };
    for (int i = 0; i < FEW; i++) {
      Chan<Integer> channel = Chan.unbuffered();
      channels.add(channel);
      subject.isWaitedFor(channel::receive);
    }
    return subject;
  }

  private static Subject cancelsContexts() {
    List<CancelContext> contexts = new ArrayList<>();
    List<CancelContext> below = new ArrayList<>();
    Ends subject =
        new Ends() {
          @Override
          void end(int i) {
            contexts.get(i).cancel();
          }

          @Override
          boolean hasEnded(int i) {
            return contexts.get(i).isDone() && below.get(i).isDone();
          }
        };
    for (int i = 0; i < FEW; i++) {
      CancelContext context = Context.background().withCancel();
      contexts.add(context);
      CancelContext child = context.withTimeout(HOUR);
      below.add(child);
      Chan<Integer> told = Chan.buffered(1);
      AfterFunc _ = child.afterFunc(() -> told.send(1));
      subject.isWaitedFor(() -> {
        child.done().receive();
        told.receive();
      });
    }
    return subject;
  }

  private static Subject cancelsGoroutines() {
    List<Goroutine<?>> goroutines = new ArrayList<>();
    AtomicIntegerArray interrupted = new AtomicIntegerArray(FEW);
    Chan<Integer> never = Chan.unbuffered();
    Ends subject =
        new Ends() {
          @Override
          void end(int i) {
            goroutines.get(i).cancel();
          }

          @Override
          boolean hasEnded(int i) {
            return ((Routine) goroutines.get(i)).isCancelled();
          }
        };
    for (int i = 0; i < FEW; i++) {
      int number = i;
      Goroutine<?> goroutine =
          go(() -> {
            try {
              never.receive();
            } catch (InterruptedException e) {
              interrupted.set(number, 1);
            }
          });
      goroutines.add(goroutine);
      subject.isWaitedFor(() -> {
        goroutine.join();
        require(interrupted.get(number) == 1, "not interrupted");
      });
    }
    return subject;
  }

  /** Locks and unlocks beside two goroutines that do the same. */
  private abstract static class Contends implements Subject {
    private final AtomicBoolean over = new AtomicBoolean();
    private final List<Goroutine<?>> others = new ArrayList<>();

    final void begin() {
      for (int i = 0; i < 2; i++) {
        others.add(
            go(() -> {
              while (!over.get()) {
                lock();
                unlock();
                Go.gosched();
              }
            }));
      }
    }

    abstract void lock() throws Exception;

    abstract void unlock();

    abstract boolean isFree();

    @Override
    public final void operate() throws Exception {
      lock();
      try {
        unlock();
      } catch (StackOverflowError e) {
        throw new IllegalStateException("it cannot be given back where it was taken", e);
      }
    }

    @Override
    public final void verify(int done) throws Exception {
      over.set(true);
      for (Goroutine<?> other : others) {
        other.join();
        require(other.failure() == null, "%s", other.failure());
      }
      require(isFree(), "it is not free");
    }
  }

  private static Subject locks(Locker locker) {
    Contends subject =
        new Contends() {
          @Override
          void lock() throws Exception {
            locker.lock();
          }

          @Override
          void unlock() {
            locker.unlock();
          }

          @Override
          boolean isFree() {
            return locker.tryLock();
          }
        };
    subject.begin();
    return subject;
  }

  private static Subject semaphore() {
    Semaphore semaphore = new Semaphore(3);
    Contends subject =
        new Contends() {
          @Override
          void lock() throws Exception {
            semaphore.acquire(2);
          }

          @Override
          void unlock() {
            semaphore.release(2);
          }

          @Override
          boolean isFree() {
            return semaphore.available() == 3 && semaphore.waiting() == 0;
          }
        };
    subject.begin();
    return subject;
  }

  private static Subject waitGroup() {
    WaitGroup group = new WaitGroup();
    AtomicBoolean over = new AtomicBoolean();
    Goroutine<?> waits =
        go(() -> {
          while (!over.get()) {
            group.await();
            Go.gosched();
          }
        });
    return new Subject() {
      @Override
      public void operate() {
        try {
          group.add(1);
        } catch (IllegalStateException e) {
          return; // the wait has not returned yet
        }
        try {
          group.done();
        } catch (StackOverflowError e) {
          throw new IllegalStateException("it cannot be counted down where it was counted up", e);
        }
      }

      @Override
      public void verify(int done) throws Exception {
        over.set(true);
        waits.join();
        require(waits.failure() == null, "%s", waits.failure());
        require(group.tryAwait(), "%s", group);
        group.await();
      }
    };
  }

  private static Subject signals() {
    Mutex mutex = new Mutex();
    Cond condition = new Cond(mutex);
    AtomicInteger given = new AtomicInteger();
    AtomicInteger taken = new AtomicInteger();
    Goroutine<?> taker =
        go(() -> {
          mutex.lock();
          while (true) {
            while (given.get() == taken.get()) {
              condition.await();
            }
            if (taken.incrementAndGet() < 0) {
              mutex.unlock();
              return;
            }
          }
        });
    return new Subject() {
      @Override
      public void operate() throws Exception {
        mutex.lock();
        given.incrementAndGet();
        try {
          condition.signal();
          mutex.unlock();
        } catch (StackOverflowError e) {
          throw new IllegalStateException("after lock", e);
        }
      }

      @Override
      public void verify(int done) throws Exception {
        mutex.lock();
        require(given.get() == done, "%d of %d", given.get(), done);
        while (taken.get() != done) {
          mutex.unlock();
          Go.gosched();
          mutex.lock();
        }
        taken.set(-2);
        condition.broadcast();
        mutex.unlock();
        taker.join();
        require(mutex.tryLock(), "locked");
      }
    };
  }

  private static Subject awaits() {
    Mutex mutex = new Mutex();
    Cond condition = new Cond(mutex);
    AtomicBoolean over = new AtomicBoolean();
    Goroutine<?> signals =
        go(() -> {
          while (!over.get()) {
            mutex.lock();
            condition.signal();
            mutex.unlock();
            Go.gosched();
          }
        });
    return new Subject() {
      @Override
      public void operate() throws Exception {
        mutex.lock();
        try {
          condition.await();
        } catch (StackOverflowError e) {
          unlock();
          throw e;
        }
        unlock();
      }

      private void unlock() {
        require(mutex.isTaken(), "the wait ended without the lock");
        mutex.unlock();
      }

      @Override
      public void verify(int done) throws Exception {
        over.set(true);
        signals.join();
        require(signals.failure() == null, "%s", signals.failure());
        require(mutex.tryLock(), "locked");
      }
    };
  }

  private static Subject once() {
    return new Subject() {
      final List<Once> onces = new ArrayList<>();
      int ran;

      @Override
      public void operate() throws Exception {
        Once once = new Once();
        once.run(() -> ran++);
        onces.add(once);
      }

      @Override
      public void verify(int done) throws Exception {
        require(ran >= done, "%d of %d", ran, done);
        for (Once once : onces) {
          once.run(() -> {
            throw new AssertionError("it has run before");
          });
        }
      }
    };
  }

  private static Subject groups() {
    AtomicInteger ran = new AtomicInteger();
    List<TaskGroup<Integer>> groups = new ArrayList<>(2 * MANY);
    return new Subject() {
      @Override
      public void operate() throws Exception {
        TaskGroup<Integer> group = new TaskGroup<Integer>().limit(1);
        groups.add(group);
        group.go(ran::incrementAndGet);
      }

      @Override
      public void verify(int done) throws Exception {
        int results = 0;
        for (TaskGroup<Integer> group : groups) {
          results += group.await().size();
          group.close();
        }
        require(results == done && ran.get() == done, "%d, %d of %d", results, ran.get(), done);
      }
    };
  }

  private static Subject starts() {
    AtomicInteger ran = new AtomicInteger();
    List<Goroutine<?>> started = new ArrayList<>(2 * MANY);
    return new Subject() {
      @Override
      public void operate() {
        started.add(go(ran::incrementAndGet));
      }

      @Override
      public void verify(int done) throws Exception {
        for (Goroutine<?> goroutine : started) {
          goroutine.join();
        }
        require(ran.get() == done, "%d of %d", ran.get(), done);
        TestSupport.await(
            "the end of those that ended",
            () -> Program.ambient().goroutines().stream().noneMatch(Routine::isDone));
      }
    };
  }

  private static Subject runs() {
    AtomicInteger ran = new AtomicInteger();
    return new Subject() {
      @Override
      public void operate() throws Exception {
        Go.run(ran::incrementAndGet);
      }

      @Override
      public void verify(int done) throws Exception {
        // A run that cannot wait for its main function, on a goroutine, has started it all the
        // same.
        require(ran.get() >= done, "%d of %d", ran.get(), done);
        Go.run(() -> go(ran::incrementAndGet).join());
      }
    };
  }

  private static Subject joins() {
    AtomicBoolean over = new AtomicBoolean();
    Goroutine<?> lasts =
        go(() -> {
          while (!over.get()) {
            Go.sleep(Duration.ofMillis(1));
          }
        });
    return new Subject() {
      @Override
      public void operate() throws Exception {
        try {
          lasts.join(Duration.ofNanos(1));
          throw new IllegalStateException("it has not ended");
        } catch (TimeoutException e) {
          // as it must
        }
      }

      @Override
      public void verify(int done) throws Exception {
        over.set(true);
        lasts.join();
      }
    };
  }

  private static Subject sleeps() {
    return new Subject() {
      @Override
      public void operate() throws Exception {
        Go.sleep(Duration.ofNanos(1));
      }

      @Override
      public void verify(int done) throws Exception {
        Go.sleep(Duration.ofMillis(1));
      }
    };
  }

  private static Subject stopsTimedFunctions() {
    AtomicInteger ran = new AtomicInteger();
    List<AfterFunc.Timed> others = new ArrayList<>();
    for (int i = 0; i < 500; i++) { // so that the heap is some levels high
      others.add(afterFunc(HOUR.plusSeconds((i * 37) % 500), () -> {}));
    }
    return new Subject() {
      int seconds;

      @Override
      public void operate() {
        AfterFunc.Timed function =
            afterFunc(Duration.ofSeconds(600 - seconds++ % 500), ran::incrementAndGet);
        try {
          require(function.stop(), "not stopped");
        } catch (StackOverflowError e) {
          throw new IllegalStateException("it cannot be stopped where it was started", e);
        }
      }

      @Override
      public void verify(int done) throws Exception {
        Chan<Integer> late = Chan.unbuffered();
        afterFunc(Duration.ofMillis(1), () -> late.send(1));
        late.receive();
        for (AfterFunc other : others) {
          require(other.stop(), "another was not set any more");
        }
        require(ran.get() == 0, "%d ran", ran.get());
      }
    };
  }

  private static Subject timers() {
    return new Subject() {
      final Timer timer = Timer.start(HOUR);

      @Override
      public void operate() {
        require(timer.reset(HOUR), "not set");
      }

      @Override
      public void verify(int done) throws Exception {
        require(timer.reset(Duration.ofMillis(1)), "not set");
        timer.receive();
      }
    };
  }

  private static Subject contexts() {
    CancelContext parent = Context.background().withCancel();
    return new Subject() {
      @Override
      public void operate() {
        CancelContext context = parent.withTimeout(HOUR);
        try {
          context.cancel();
        } catch (StackOverflowError e) {
          throw new IllegalStateException("it cannot be cancelled where it was made", e);
        }
      }

      @Override
      public void verify(int done) throws Exception {
        CancelContext context = parent.withTimeout(Duration.ofMillis(1));
        context.done().receive();
        CancelContext child = parent.withTimeout(HOUR);
        parent.cancel();
        child.done().receive();
        require(TestSupport.queuedReceivers((Source<Void>) parent.done()) == 0, "some are left");
      }
    };
  }

  private static Subject feeds() {
    CancelContext parent = Context.background().withCancel();
    List<Feed<Integer>> made = new ArrayList<>(2 * MANY);
    return new Subject() {
      @Override
      public void operate() {
        made.add(Feed.from(parent, List.of(1)));
      }

      @Override
      public void verify(int done) {
        Source<Void> end = (Source<Void>) parent.done();
        int linked = TestSupport.queuedReceivers(end);
        require(linked == done, "%d of %d", linked, done);
        made.forEach(Feed::close);
        require(TestSupport.queuedReceivers(end) == 0, "some are left");
      }
    };
  }

  private static Subject subscribes() {
    CancelContext parent = Context.background().withCancel();
    Flow.Publisher<Integer> publisher = new ReceiverPublisher<>(parent, Chan.never());
    Flow.Subscriber<Integer> subscriber =
        new Flow.Subscriber<>() {
          @Override
          public void onSubscribe(Flow.Subscription subscription) {}

          @Override
          public void onNext(Integer value) {}

          @Override
          public void onError(Throwable failure) {}

          @Override
          public void onComplete() {}
        };
    return new Subject() {
      @Override
      public void operate() {
        publisher.subscribe(subscriber);
      }

      @Override
      public void verify(int done) {
        int linked = TestSupport.queuedReceivers((Source<Void>) parent.done());
        require(linked == done, "%d of %d", linked, done);
        parent.cancel();
      }
    };
  }
}
