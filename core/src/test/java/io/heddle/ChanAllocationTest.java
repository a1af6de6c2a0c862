package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What goes ahead at once allocates nothing: not a buffered send or receive, not a select that is
 * used again.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ChanAllocationTest {
  /** Not small numbers from a cache of Integers, nor boxed on the way. */
  private static final String VALUE = "value";

  @Test
  void aBufferedSendAndReceive() throws Exception {
    Chan<String> channel = Chan.buffered(1);
    Allocation.assertNone(() -> {
      channel.send(VALUE);
      assertSame(VALUE, channel.receive());
    });
  }

  @Test
  void trySendAndTryReceive() throws Exception {
    Chan<String> channel = Chan.buffered(1);
    Allocation.assertNone(() -> {
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
    Allocation.assertNone(() -> {
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
    Allocation.assertNone(() -> {
      assertSame(otherwise, withOtherwise.await());
      without.tryAwait();
    });
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
