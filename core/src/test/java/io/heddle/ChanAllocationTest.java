package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.stream.Collectors;
import javax.management.JMException;
import javax.management.ObjectName;
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

  private static final int SELECTS = 10_000;

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
   * Selects that wait reuse their goroutine's waiter and their own nodes. The allocations of
   * goroutines cannot be read one by one, so this counts the objects of Heddle's classes that many
   * selects leave in the heap. The heap's size would not do: it includes the buffers from which
   * threads allocate, whose size the JVM adapts.
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
      Map<String, Long> before = instances();
      for (int i = 0; i < SELECTS; i++) {
        ping.send(VALUE);
        assertSame(VALUE, pong.receive());
      }
      Map<String, Long> after = instances();
      after.replaceAll((name, count) -> count - before.getOrDefault(name, 0L));
      after.values().removeIf(more -> more < SELECTS / 2);
      assertEquals(Map.of(), after, "left in the heap");
    });
  }

  /** Counts the objects that are reachable, for each class of Heddle. */
  private static Map<String, Long> instances() throws JMException {
    String histogram =
        (String)
            ManagementFactory.getPlatformMBeanServer()
                .invoke(
                    new ObjectName("com.sun.management:type=DiagnosticCommand"),
                    "gcClassHistogram",
                    new Object[] {new String[0]},
                    new String[] {String[].class.getName()});
    // A line is, for example, "  12:   4   128  io.heddle.Waiter (io.heddle)".
    return histogram
        .lines()
        .map(line -> line.strip().split("\\s+"))
        .filter(columns -> columns.length > 3 && columns[3].startsWith("io.heddle."))
        .collect(
            Collectors.toMap(
                columns -> columns[3], columns -> Long.parseLong(columns[1]), Long::sum));
  }
}
