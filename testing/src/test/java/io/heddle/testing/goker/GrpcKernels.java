package io.heddle.testing.goker;

import static io.heddle.Go.after;
import static io.heddle.Go.afterFunc;
import static io.heddle.Go.go;
import static io.heddle.Go.sleep;
import static io.heddle.Select.choose;
import static io.heddle.Select.select;
import static io.heddle.testing.goker.Kernel.always;
import static io.heddle.testing.goker.Kernel.sometimes;
import static io.heddle.testing.goker.Kernel.touch;

import io.heddle.AfterFunc;
import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Mutex;
import io.heddle.Task;
import java.time.Duration;
import java.util.List;

/** gRPC. */
final class GrpcKernels {
  static final List<Kernel> ALL =
      List.of(
          always("Grpc660", "the parent has left when the call is done", GrpcKernels::call),
          sometimes("Grpc795", "a second stop keeps the lock", GrpcKernels::server),
          always("Grpc862", "a connection is not closed", GrpcKernels::dial),
          always("Grpc1275", "waits for a message never sent", GrpcKernels::stream),
          always("Grpc1424", "the balancer's end is not signalled", GrpcKernels::balancer),
          sometimes("Grpc1460", "waits with a lock the waker needs", GrpcKernels::keepAlive),
          sometimes("Grpc3017", "a timer that came too late keeps the lock", GrpcKernels::cache));

  private static final Duration SECOND = Duration.ofSeconds(1);

  private GrpcKernels() {}

  private static void call(boolean fixed) throws Exception {
    Chan<String> done = fixed ? Chan.buffered(1) : Chan.unbuffered();
    go(
        "call",
        () -> {
          sleep(SECOND.multipliedBy(2));
          done.send("done");
        });
    choose(done.onReceive(), after(SECOND).onReceive());
    sleep(SECOND.multipliedBy(2));
  }

  private static void server(boolean fixed) throws Exception {
    Mutex mutex = new Mutex();
    boolean[] stopped = new boolean[1];
    Task stop =
        () -> {
          mutex.lock();
          if (stopped[0] && !fixed) {
            return;
          }
          stopped[0] = true;
          mutex.unlock();
        };
    go("stop", stop);
    go("graceful stop", stop);
    touch(mutex); // serve
  }

  private static void dial(boolean fixed) throws Exception {
    CancelContext context = Context.background().withCancel();
    go("reset transport", () -> sleepUntilDone(context));
    if (fixed) {
      context.close();
    }
  }

  private static void sleepUntilDone(Context context) throws InterruptedException {
    while (select(after(SECOND).onReceive(t -> true), context.onDone(() -> false))) {
      // tries to connect
    }
  }

  private static void stream(boolean fixed) throws Exception {
    Chan<String> messages = Chan.unbuffered();
    go("reader", () -> messages.receive());
    if (fixed) {
      messages.close();
    }
  }

  private static void balancer(boolean fixed) throws Exception {
    Chan<String> addresses = Chan.unbuffered();
    Chan<String> done = Chan.unbuffered();
    go(
        "watcher",
        () -> {
          while (addresses.receive() != null) {
            // connects
          }
          if (fixed) {
            done.close();
          }
        });
    addresses.close();
    done.receive();
  }

  private static void keepAlive(boolean fixed) throws Exception {
    Mutex mutex = new Mutex();
    Chan<Integer> awaken = Chan.buffered(1);
    int[] streams = new int[1];
    go(
        "keep-alive",
        () -> {
          mutex.lock();
          boolean wait = streams[0] == 0;
          if (fixed) {
            mutex.unlock();
          }
          if (wait) {
            awaken.receive();
          }
          if (!fixed) {
            mutex.unlock();
          }
        });
    mutex.lock();
    streams[0]++;
    awaken.trySend(1);
    mutex.unlock();
  }

  private static void cache(boolean fixed) throws Exception {
    Mutex mutex = new Mutex();
    boolean[] aborted = new boolean[1];
    AfterFunc timer =
        afterFunc(
            SECOND,
            () -> {
              mutex.lock();
              if (aborted[0] && !fixed) {
                return;
              }
              mutex.unlock();
            });
    sleep(SECOND);
    mutex.lock();
    aborted[0] = !timer.stop();
    mutex.unlock();
    touch(mutex);
    sleep(SECOND);
    touch(mutex);
  }
}
