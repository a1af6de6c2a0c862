package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A primitive cannot hold the null of a closed channel: the JVM's exception names the receive. */
final class NullUnboxingTest {
  private static Chan<Integer> closed() {
    Chan<Integer> channel = Chan.unbuffered();
    channel.close();
    return channel;
  }

  static Stream<Arguments> receives() {
    Chan<Integer> channel = closed();
    Receiver<Integer> receiver = channel;
    return Stream.of(
        receive(
            "io.heddle.Chan.receive()",
            () -> {
              int _ = channel.receive();
            }),
        receive(
            "io.heddle.Chan.receive(io.heddle.Context)",
            () -> {
              int _ = channel.receive(Context.background());
            }),
        receive(
            "io.heddle.Chan.receive(java.time.Duration)",
            () -> {
              int _ = channel.receive(Duration.ZERO);
            }),
        receive(
            "io.heddle.Chan.tryReceive()",
            () -> {
              int _ = channel.tryReceive();
            }),
        receive(
            "io.heddle.Receiver.receive()",
            () -> {
              int _ = receiver.receive();
            }),
        receive(
            "io.heddle.Receiver.tryReceive()",
            () -> {
              int _ = receiver.tryReceive();
            }),
        receive(
            "io.heddle.Select.select(io.heddle.Case[])",
            () -> {
              int _ = Select.select(channel.onReceive());
            }));
  }

  private static Arguments receive(String method, Executable call) {
    return Arguments.of(method, call);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("receives")
  void theExceptionNamesTheCall(String method, Executable call) {
    var e = assertThrows(NullPointerException.class, call);
    String reason = "because the return value of \"" + method + "\" is null";
    assertTrue(e.getMessage().contains("\"java.lang.Integer.intValue()\" " + reason), e::toString);
  }

  /** A pattern cannot have a primitive type yet, so the null is met where the value is used. */
  @Test
  void aBranchOfASwitchMatchesNull() throws Exception {
    Chan<Integer> idle = Chan.unbuffered();
    boolean isNull =
        switch (Select.choose(closed().onReceive(), idle.onReceive())) {
          case Selected.First(Integer value) -> value == null;
          case Selected.Second(_) -> false;
        };
    assertTrue(isNull);
  }

  @Test
  void aLoopMayUseAPrimitiveAsItEndsWithTheChannel() throws Exception {
    Chan<Integer> channel = Chan.buffered(2);
    channel.send(1);
    channel.send(2);
    channel.close();
    int sum = 0;
    for (int n : channel) {
      sum += n;
    }
    assertEquals(3, sum);
  }
}
