package io.heddle.race.kernels;

import static io.heddle.Go.go;
import static io.heddle.Go.gosched;
import static io.heddle.Select.otherwise;
import static io.heddle.Select.select;
import static io.heddle.race.kernels.Kernel.both;
import static io.heddle.race.kernels.Kernel.pair;
import static io.heddle.race.kernels.Kernel.racy;
import static io.heddle.race.kernels.Kernel.silent;
import static io.heddle.race.kernels.Kernel.together;

import io.heddle.Chan;
import io.heddle.ChannelClosedException;
import io.heddle.Goroutine;
import io.heddle.race.unseen.Order;
import java.util.List;

/** chan_test.go. */
final class ChannelKernels {
  private ChannelKernels() {}

  static List<Kernel> all() {
    return List.of(
        racy("ChanAsyncRev", () -> asyncRev()),
        racy("ChanSyncCloseSend", () -> closeSend(0)),
        racy("ChanAsyncCloseSend", () -> closeSend(10)),
        racy("ChanCloseClose", () -> closeClose()),
        racy("ChanSendLen", () -> sendLen()),
        racy("ChanSendSend", () -> sendSend()),
        racy("ChanWrongSend", () -> wrongSend()),
        racy("ChanWrongClose", () -> wrongClose()),
        racy("ChanSendClose", () -> sendAndClose(true)),
        racy("ChanCloseSend", () -> sendAndClose(false)),
        racy("ChanItselfSend", () -> itself(true)),
        racy("ChanItselfRecv", () -> itself(false)),
        racy("ChanSem", () -> semaphore()),
        racy("BlockedSendHidesNothing", () -> blockedSendInBetween()),
        silent("ChanSync", () -> publish(0)),
        silent("ChanAsync", () -> publish(10)),
        silent("ChanSyncRev", () -> syncRev()),
        silent("ChanAsyncCloseRecv", () -> closeReceive(10, 0)),
        silent("ChanAsyncCloseRecv2", () -> closeReceive(10, 1)),
        silent("ChanAsyncCloseRecv3", () -> closeReceive(10, 2)),
        silent("ChanSyncCloseRecv", () -> closeReceive(0, 0)),
        silent("ChanSyncCloseRecv2", () -> closeReceive(0, 1)),
        silent("ChanSyncCloseRecv3", () -> closeReceive(0, 2)),
        silent("ChanPtr", () -> pointer()),
        silent("ProducerConsumerUnbuffered", () -> producerConsumer()),
        silent("ChanCloseLen", () -> closeLen(true)),
        silent("ChanCloseCap", () -> closeLen(false)),
        silent("ChanMutex", () -> mutex()),
        silent("BlockedSendSync", () -> blockedSend()),
        silent("CloseHappensBeforeRead", () -> closeBeforeRead()));
  }

  private static void publish(int capacity) throws Exception {
    Vars v = new Vars();
    Chan<Integer> c = Chan.buffered(capacity);
    go(() -> {
      v.x = 1;
      c.send(1);
    });
    c.receive();
    v.x = 2;
  }

  private static void asyncRev() throws Exception {
    Vars v = new Vars();
    Chan<Integer> c = Chan.buffered(10);
    pair(
        () -> {
          c.send(1);
          v.x = 1;
        },
        () -> {
          v.x = 2;
          c.receive();
        });
  }

  private static void syncRev() throws Exception {
    Vars v = new Vars();
    Chan<Integer> c = Chan.unbuffered();
    together(
        () -> {
          c.send(1);
          v.x = 1;
        },
        () -> {
          v.x = 2;
          c.receive();
        });
  }

  private static void closeSend(int capacity) throws Exception {
    Vars v = new Vars();
    Chan<Integer> c = Chan.buffered(capacity);
    pair(
        () -> {
          v.x = 1;
          c.close();
        },
        () -> {
          try {
            while (true) {
              c.send(1);
            }
          } catch (ChannelClosedException e) {
            v.x = 2;
          }
        });
  }

  private static void closeClose() throws Exception {
    Vars v = new Vars();
    Chan<Integer> c = Chan.unbuffered();
    both(
        () -> {
          v.own1 = 1;
          c.close();
        },
        () -> {
          v.own2 = 1;
          try {
            c.close();
          } catch (ChannelClosedException e) {
            v.own1 = 2;
          }
        });
  }

  @SuppressWarnings("ThreadPriorityCheck") // Go's polls, too
  private static void sendLen() throws Exception {
    Vars v = new Vars();
    Chan<Integer> c = Chan.buffered(10);
    together(
        () -> {
          v.x = 1;
          c.send(1);
        },
        () -> {
          while (c.len() == 0) {
            Thread.yield();
          }
          v.x = 2;
        });
  }

  private static void sendSend() throws Exception {
    Vars v = new Vars();
    Chan<Integer> c = Chan.buffered(1);
    both(
        () -> {
          v.own1 = 1;
          if (!select(c.onSend(1, () -> true), otherwise(() -> false))) {
            v.own2 = 2;
          }
        },
        () -> {
          v.own2 = 1;
          if (!select(c.onSend(1, () -> true), otherwise(() -> false))) {
            v.own1 = 2;
          }
        });
  }

  private static void wrongSend() throws Exception {
    Vars v = new Vars();
    Chan<Integer> c = Chan.buffered(2);
    Order order = new Order();
    go(() -> {
      v.x = 1;
      c.send(1);
      order.reach();
    });
    go(() -> {
      v.y = 1;
      order.await(1);
      c.send(2);
      order.reach();
    });
    order.await(2);
    if (c.receive() == 1) {
      v.y = 2;
    } else {
      v.x = 2;
    }
  }

  private static void wrongClose() throws Exception {
    Vars v = new Vars();
    Chan<Integer> c = Chan.buffered(1);
    Order order = new Order();
    go(() -> {
      v.x = 1;
      c.send(1);
      order.reach();
    });
    go(() -> {
      v.y = 1;
      order.await(1);
      c.close();
      order.reach();
    });
    order.await(2);
    c.receive();
    v.y = 2;
  }

  private static void sendAndClose(boolean sendFirst) throws Exception {
    Chan<Integer> c = Chan.buffered(1);
    pair(
        () -> {
          if (sendFirst) {
            c.send(1);
          } else {
            c.close();
          }
        },
        () -> {
          try {
            if (sendFirst) {
              c.close();
            } else {
              c.send(1);
            }
          } catch (ChannelClosedException e) {
            Vars.use(e);
          }
        });
  }

  /** A channel in a field. */
  private static final class Holder {
    Chan<Integer> c = Chan.buffered(1);
  }

  private static void itself(boolean sends) throws Exception {
    Holder h = new Holder();
    h.c.send(1);
    pair(
        () -> {
          if (sends) {
            Vars.use(h.c.trySend(1));
          } else {
            h.c.receive();
          }
        },
        () -> h.c = Chan.unbuffered());
  }

  private static void semaphore() throws Exception {
    Vars v = new Vars();
    Chan<Boolean> places = Chan.buffered(2);
    both(
        () -> {
          places.send(true);
          v.x = 1;
          places.receive();
        },
        () -> {
          places.send(true);
          v.x = 2;
          places.receive();
        });
  }

  /** With one clock for the whole channel this would look ordered. */
  private static void blockedSendInBetween() throws Exception {
    Vars v = new Vars();
    Chan<Integer> c = Chan.buffered(1);
    c.send(0);
    Chan<Boolean> done = Chan.buffered(2);
    Order order = new Order();
    Goroutine<?> sender =
        go(() -> {
          c.send(1); // into the place that the receive below frees
          done.send(true);
        });
    go(() -> {
      while (sender.thread().getState() != Thread.State.WAITING) {
        gosched();
      }
      v.x = 1;
      c.receive();
      order.reach();
      done.send(true);
    });
    order.await(1);
    c.receive();
    v.x = 2;
    done.receive();
    done.receive();
  }

  private static void closeReceive(int capacity, int way) throws Exception {
    Vars v = new Vars();
    Chan<Integer> c = Chan.buffered(capacity);
    together(
        () -> {
          v.x = 1;
          c.close();
        },
        () -> {
          switch (way) {
            case 0 -> c.receive();
            case 1 -> Vars.use(select(c.onReceive(value -> "received " + value)));
            default -> {
              for (int value : c) {
                Vars.use(value);
              }
            }
          }
          v.x = 2;
        });
  }

  private static void pointer() throws Exception {
    Chan<Vars> c = Chan.unbuffered();
    together(
        () -> {
          Vars v = new Vars();
          v.x = 1;
          c.send(v);
        },
        () -> c.receive().x = 2);
  }

  private record Job(Vars vars, Chan<Boolean> reply) {}

  private static void producerConsumer() throws Exception {
    Chan<Job> jobs = Chan.unbuffered();
    go(() -> {
      for (Job job : jobs) {
        job.vars.x = 1;
        job.reply.send(true);
      }
    });
    for (int i = 0; i < 5; i++) {
      Job job = new Job(new Vars(), Chan.unbuffered());
      jobs.send(job);
      job.reply.receive();
      Vars.use(job.vars.x);
    }
    jobs.close();
  }

  private static void closeLen(boolean len) throws Exception {
    Chan<Integer> c = Chan.buffered(1);
    pair(() -> c.close(), () -> Vars.use(len ? c.len() : c.cap()));
  }

  private static void mutex() throws Exception {
    Vars v = new Vars();
    Chan<Boolean> lock = Chan.buffered(1);
    Chan<Boolean> done = Chan.buffered(4);
    for (int i = 0; i < 4; i++) {
      go(() -> {
        for (int round = 0; round < 500; round++) {
          lock.send(true);
          v.x++;
          lock.receive();
        }
        done.send(true);
      });
    }
    for (int i = 0; i < 4; i++) {
      done.receive();
    }
  }

  private static void blockedSend() throws Exception {
    Chan<Vars> c = Chan.buffered(1);
    c.send(new Vars());
    together(
        () -> {
          Vars v = new Vars();
          v.x = 1;
          c.send(v);
        },
        () -> {
          c.receive();
          c.receive().x = 2;
        });
  }

  private static void closeBeforeRead() throws Exception {
    for (int i = 0; i < 100; i++) {
      Vars v = new Vars();
      Chan<Integer> c = Chan.unbuffered();
      together(
          () -> {
            v.x = 1;
            c.close();
          },
          () -> {
            boolean closed = select(c.onReceive(value -> value == null), otherwise(() -> false));
            if (closed) {
              Vars.use(v.x);
            }
          });
    }
  }
}
