package io.heddle.bench.peer;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;

/** A peer whose light threads are the JDK's virtual threads. */
public abstract class VirtualThreads implements ThreadPeer {

  /** Nothing to set up. */
  protected VirtualThreads() {}

  @Override
  public final void enter(Task task) throws Exception {
    CompletableFuture<Boolean> end = new CompletableFuture<>();
    Thread.startVirtualThread(() -> {
      try {
        task.run();
        end.complete(true);
      } catch (Throwable e) {
        end.completeExceptionally(e);
      }
    });
    try {
      end.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  @Override
  public final void start(Task task) {
    Thread.startVirtualThread(() -> {
      try {
        task.run();
      } catch (Throwable e) {
        e.printStackTrace();
        Runtime.getRuntime().halt(2);
      }
    });
  }

  @Override
  public final Parked park(int threads, Task blocked) throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    CountDownLatch arrived = new CountDownLatch(threads);
    CountDownLatch ended = new CountDownLatch(threads);
    long start = System.nanoTime();
    for (int i = 0; i < threads; i++) {
      start(() -> {
        arrived.countDown();
        gate.await();
        ended.countDown();
      });
    }
    arrived.await();
    long starting = System.nanoTime() - start;
    blocked.run();
    long release = System.nanoTime();
    gate.countDown();
    ended.await();
    return new Parked(starting, System.nanoTime() - release);
  }
}
