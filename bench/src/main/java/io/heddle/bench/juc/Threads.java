package io.heddle.bench.juc;

import io.heddle.bench.peer.Round;
import io.heddle.bench.peer.Workloads;
import java.util.concurrent.CountDownLatch;

/** Starting virtual threads. */
final class Threads {
  private Threads() {}

  static void addTo(Workloads workloads) {
    workloads
        .add("CreateGoroutines", r -> create(r, 1))
        .add("CreateGoroutinesParallel", r -> create(r, r.procs()))
        .add("CreateGoroutinesCapture", Threads::createCapture)
        .add("CreateGoroutinesSingle", Threads::createSingle)
        .add("WaitGroupActuallyWait", Threads::actuallyWait);
  }

  private static void create(Round r, int chains) throws Exception {
    CountDownLatch done = new CountDownLatch(chains);
    for (int i = 0; i < chains; i++) {
      long length = r.n() / chains;
      Thread.startVirtualThread(() -> link(length, done));
    }
    done.await();
  }

  private static void link(long left, CountDownLatch done) {
    if (left == 0) {
      done.countDown();
    } else {
      Thread.startVirtualThread(() -> link(left - 1, done));
    }
  }

  private static void createCapture(Round r) throws Exception {
    for (long op = 0; op < r.n(); op++) {
      CountDownLatch group = new CountDownLatch(6);
      for (int i = 0; i < 4; i++) {
        int index = i;
        Thread.startVirtualThread(() -> {
          // 0 + 1 + 2 + 3: if an index is not captured, this never ends.
          for (int turn = 0; turn < index; turn++) {
            group.countDown();
          }
        });
      }
      group.await();
    }
  }

  private static void createSingle(Round r) throws Exception {
    CountDownLatch group = new CountDownLatch((int) r.n());
    for (long i = 0; i < r.n(); i++) {
      Thread.startVirtualThread(group::countDown);
    }
    group.await();
  }

  private static void actuallyWait(Round r) throws Exception {
    r.runParallel(share -> {
      while (share.next()) {
        CountDownLatch group = new CountDownLatch(1);
        Thread.startVirtualThread(group::countDown);
        group.await();
      }
    });
  }
}
