package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What goes ahead at once allocates nothing: not a buffered send or receive, not a select that is
 * used again. Measured on a platform thread, after a warm-up, as the JVM counts.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ChanAllocationTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final int WARM_UP = 20_000;
  private static final int OPERATIONS = 20_000;

  /** Room for what is not per operation: a class loaded late, the measurement itself. */
  private static final long TOLERANCE = OPERATIONS / 2;

  /** Not small numbers from a cache of Integers, nor boxed on the way. */
  private static final String VALUE = "value";

  /** The bytes allocated by many operations, in the best of several attempts. */
  private static long allocatedBy(Task operation) throws Exception {
    for (int i = 0; i < WARM_UP; i++) {
      operation.run();
    }
    long best = Long.MAX_VALUE;
    for (int attempt = 0; attempt < 5; attempt++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < OPERATIONS; i++) {
        operation.run();
      }
      best = Math.min(best, THREADS.getCurrentThreadAllocatedBytes() - before);
    }
    return best;
  }

  private static void assertAllocatesNothing(Task operation) throws Exception {
    long bytes = allocatedBy(operation);
    assertTrue(bytes < TOLERANCE, OPERATIONS + " operations allocated " + bytes + " bytes");
  }

  @Test
  void aBufferedSendAndReceive() throws Exception {
    Chan<String> channel = Chan.buffered(1);
    assertAllocatesNothing(() -> {
      channel.send(VALUE);
      assertSame(VALUE, channel.receive());
    });
  }

  @Test
  void trySendAndTryReceive() throws Exception {
    Chan<String> channel = Chan.buffered(1);
    assertAllocatesNothing(() -> {
      channel.trySend(VALUE);
      channel.trySend(VALUE);
      assertSame(VALUE, channel.tryReceive());
      channel.tryReceive();
    });
  }

  @Test
  void aSelectThatIsUsedAgain() throws Exception {
    Chan<String> busy = Chan.buffered(1);
    Chan<String> idle = Chan.unbuffered();
    var send = busy.onSend(VALUE);
    var sending = Select.of(idle.onReceive(), send);
    var receive = busy.onReceive();
    var receiving = Select.of(idle.onReceive(), receive);
    assertAllocatesNothing(() -> {
      assertSame(send, sending.await());
      assertSame(receive, receiving.await());
      assertSame(VALUE, receive.result());
    });
  }

  @Test
  void aSelectThatFallsBackOrFindsNothing() throws Exception {
    Chan<String> idle = Chan.unbuffered();
    var otherwise = Select.otherwise(() -> VALUE);
    var withOtherwise = Select.of(idle.onReceive(), otherwise);
    var without = Select.of(idle.onReceive(), idle.onSend(VALUE));
    assertAllocatesNothing(() -> {
      assertSame(otherwise, withOtherwise.await());
      without.tryAwait();
    });
  }

  /** The measurement sees an object per operation, so it would see a regression. */
  @Test
  void aCaseMadeForEachOperationIsCaught() throws Exception {
    Chan<String> channel = Chan.buffered(1);
    Case<?>[] last = {null};
    long bytes = allocatedBy(() -> last[0] = channel.onReceive());
    assertTrue(bytes >= 16L * OPERATIONS, bytes + " bytes");
  }

  /**
   * Selects that wait reuse their goroutine's waiter and their own nodes. Goroutines' allocations
   * cannot be read one by one, so this looks at what a great many leave in the heap: nothing.
   */
  @Test
  void selectsThatWaitLeaveNothingInTheHeap() throws Exception {
    run(() -> {
      Chan<String> ping = Chan.unbuffered();
      Chan<String> pong = Chan.unbuffered();
      Chan<String> idle = Chan.unbuffered();
      go(() -> {
        var receive = Select.of(idle.onReceive(), ping.onReceive());
        var send = Select.of(idle.onReceive(), pong.onSend(VALUE));
        while (true) {
          receive.await();
          send.await();
        }
      });
      long before = 0;
      for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 10_000; i++) {
          ping.send(VALUE);
          assertSame(VALUE, pong.receive());
        }
        if (round == 0) {
          before = heapInUse();
        }
      }
      long limit = before + 110_000;
      TestSupport.await("the heap to shrink", () -> heapInUse() < limit);
    });
  }

  private static long heapInUse() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
