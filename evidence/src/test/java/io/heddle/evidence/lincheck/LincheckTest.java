package io.heddle.evidence.lincheck;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import io.heddle.Select;
import io.heddle.WaiterClaims;
import io.heddle.scheduler.RunQueueOperations;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The core algorithms under Lincheck's model checker, on platform threads. */
@Tag("slow")
final class LincheckTest {
  private static final int ITERATIONS = Integer.getInteger("heddle.lincheck.iterations", 3);

  private static void check(Class<?> operations, int before) {
    new ModelCheckingOptions()
        .iterations(ITERATIONS)
        .invocationsPerIteration(100 * ITERATIONS)
        .threads(2)
        .actorsPerThread(2)
        .actorsBefore(before)
        .actorsAfter(1)
        .check(operations);
  }

  /** The guard: where Lincheck cannot instrument classes, everything passes. */
  @Test
  void aPlantedRaceIsReported() {
    LincheckAssertionError found =
        assertThrows(LincheckAssertionError.class, () -> check(RacyClaim.class, 0));
    assertTrue(found.getMessage().contains("claim"), found.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        WaiterClaims.class,
        RunQueueOperations.class,
        BufferedChannel.class,
        UnbufferedChannel.class,
        SelectOverTwo.class
      })
  void isLinearizable(Class<?> operations) {
    check(operations, operations == WaiterClaims.class ? 0 : 1);
  }

  /** A claim that looks, and then writes. */
  public static class RacyClaim {
    private boolean waiting = true;

    @Operation
    public boolean claim() {
      boolean claimed = waiting;
      waiting = false;
      return claimed;
    }
  }

  /** A channel with one place. */
  public static class BufferedChannel {
    private final Chan<Integer> channel = Chan.buffered(1);

    @Operation
    public boolean trySend(@Param(gen = IntGen.class, conf = "1:3") int value) {
      return channel.trySend(value);
    }

    @Operation
    public int tryReceive() {
      Integer value = channel.tryReceive();
      return value == null ? 0 : value;
    }

    @Operation
    public int len() {
      return channel.len();
    }

    @Operation(runOnce = true)
    public void close() {
      channel.close();
    }
  }

  /** A channel without a buffer: two operations that only try never meet. */
  public static class UnbufferedChannel {
    private final Chan<Integer> channel = Chan.unbuffered();

    @Operation
    public boolean trySend(@Param(gen = IntGen.class, conf = "1:3") int value) {
      return channel.trySend(value);
    }

    @Operation
    public int tryReceive() {
      Integer value = channel.tryReceive();
      return value == null ? 0 : value;
    }
  }

  /** A select over two channels, in order, so that it has one answer. */
  public static class SelectOverTwo {
    private final Chan<Integer> first = Chan.buffered(1);
    private final Chan<Integer> second = Chan.buffered(1);

    @Operation
    public int receive() {
      var one = first.onReceive();
      var other = second.onReceive();
      var chosen = Select.inOrder(one, other).tryAwait();
      Integer value = chosen == one ? one.result() : chosen == other ? other.result() : null;
      return value == null ? 0 : value;
    }

    @Operation
    public boolean send(@Param(gen = IntGen.class, conf = "1:3") int value) {
      return Select.inOrder(first.onSend(value), second.onSend(value)).tryAwait() != null;
    }
  }
}
