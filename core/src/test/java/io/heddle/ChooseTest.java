package io.heddle;

import static io.heddle.Select.choose;
import static io.heddle.Select.chooseInOrder;
import static io.heddle.Select.otherwise;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Selected.Eighth;
import io.heddle.Selected.Fifth;
import io.heddle.Selected.First;
import io.heddle.Selected.Fourth;
import io.heddle.Selected.Second;
import io.heddle.Selected.Seventh;
import io.heddle.Selected.Sixth;
import io.heddle.Selected.Third;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Select as a statement: which case was chosen, and what the branches of its switch may do. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("clock")
final class ChooseTest {
  private final Chan<String> words = Chan.buffered(4);
  private final Chan<Integer> numbers = Chan.buffered(4);

  private static Chan<String> with(String value) throws InterruptedException {
    Chan<String> channel = Chan.buffered(1);
    channel.send(value);
    return channel;
  }

  /** Eight cases, of which one can go ahead. */
  private static List<Case<@Nullable String>> eight(int ready) throws InterruptedException {
    List<Case<@Nullable String>> cases = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Chan<String> channel = i == ready ? with("case " + i) : Chan.unbuffered();
      cases.add(channel.onReceive());
    }
    return cases;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
  void eachOfEightCasesHasItsRecord(int ready) throws Exception {
    var c = eight(ready);
    String said =
        switch (choose(
            c.get(0), c.get(1), c.get(2), c.get(3), c.get(4), c.get(5), c.get(6), c.get(7))) {
          case First(var v) -> v + " first";
          case Second(var v) -> v + " second";
          case Third(var v) -> v + " third";
          case Fourth(var v) -> v + " fourth";
          case Fifth(var v) -> v + " fifth";
          case Sixth(var v) -> v + " sixth";
          case Seventh(var v) -> v + " seventh";
          case Eighth(var v) -> v + " eighth";
        };
    String ordinal =
        List.of("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
            .get(ready);
    assertEquals("case " + ready + " " + ordinal, said);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5, 6, 7, 8})
  void inOrderEachNumberOfCasesTakesTheFirstThatIsReady(int count) throws Exception {
    List<Case<@Nullable String>> c = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      c.add((i == 0 ? Chan.<String>unbuffered() : with("case " + i)).onReceive());
    }
    for (int i = 0; i < 20; i++) { // by chance, another would be taken some time
      Selected<?> chosen = inOrder(count, c);
      assertTrue(chosen instanceof Second<?, ?, ?>(String v) && v.equals("case 1"), "" + chosen);
      c.set(1, with("case 1").onReceive());
    }
  }

  private static Selected<?> inOrder(int count, List<Case<@Nullable String>> c)
      throws InterruptedException {
    Case<@Nullable String> a = c.get(0);
    Case<@Nullable String> b = c.get(1);
    return switch (count) {
      case 2 -> chooseInOrder(a, b);
      case 3 -> chooseInOrder(a, b, c.get(2));
      case 4 -> chooseInOrder(a, b, c.get(2), c.get(3));
      case 5 -> chooseInOrder(a, b, c.get(2), c.get(3), c.get(4));
      case 6 -> chooseInOrder(a, b, c.get(2), c.get(3), c.get(4), c.get(5));
      case 7 -> chooseInOrder(a, b, c.get(2), c.get(3), c.get(4), c.get(5), c.get(6));
      default -> chooseInOrder(a, b, c.get(2), c.get(3), c.get(4), c.get(5), c.get(6), c.get(7));
    };
  }

  @Test
  void ofSeveralThatAreReadyEachIsTakenSometimes() throws Exception {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 200; i++) {
      seen.add(
          switch (choose(with("a").onReceive(), with("b").onReceive(), with("c").onReceive())) {
            case First(var v) -> v;
            case Second(var v) -> v;
            case Third(var v) -> v;
          });
    }
    assertEquals(Set.of("a", "b", "c"), seen);
  }

  @Nested
  final class ABranch {
    private int sum;

    /** Reads as Go's loop does: the branches belong to the method. */
    private String loop(Receiver<Integer> in, Receiver<String> quit) throws Exception {
      while (true) {
        switch (choose(in.onReceive(), quit.onReceive())) {
          case First(var n) when n == null -> {
            return "no more";
          }
          case First(var n) -> {
            if (n % 2 != 0) {
              continue;
            }
            if (n > 100) {
              throw new IOException("too large: " + n);
            }
            sum += n;
            Go.sleep(Duration.ofNanos(1)); // it may block
          }
          case Second(var word) -> {
            return word + "";
          }
        }
      }
    }

    private Chan<Integer> closed(int... values) throws InterruptedException {
      Chan<Integer> channel = Chan.buffered(values.length);
      for (int value : values) {
        channel.send(value);
      }
      channel.close();
      return channel;
    }

    @Test
    void maySkipBlockAndReturn() throws Exception {
      assertEquals("no more", loop(closed(1, 2, 3, 4), Chan.never()));
      assertEquals(6, sum);
      assertEquals("stop", loop(Chan.never(), with("stop")));
    }

    @Test
    void mayThrowACheckedException() throws Exception {
      Chan<Integer> large = closed(1000);
      var e = assertThrows(IOException.class, () -> loop(large, Chan.never()));
      assertEquals("too large: 1000", e.getMessage());
    }
  }

  @Test
  void aClosedChannelYieldsNull() throws Exception {
    words.close();
    switch (choose(words.onReceive(), numbers.onReceive())) {
      case First(var word) -> assertNull(word);
      case Second(var number) -> throw new AssertionError("received " + number);
    }
  }

  @Test
  void aSendHasNoValueAndGoesAhead() throws Exception {
    switch (choose(words.onSend("hello"), numbers.onReceive())) {
      case First(_) -> assertEquals("hello", words.receive());
      case Second(var number) -> throw new AssertionError("received " + number);
    }
  }

  @Test
  void aSendOnAClosedChannelThrows() {
    words.close();
    assertThrows(
        ChannelClosedException.class, () -> choose(words.onSend("hello"), numbers.onReceive()));
  }

  @Test
  void otherwiseIsACaseWithoutAFunction() throws Exception {
    String said =
        switch (choose(words.onReceive(), numbers.onReceive(), otherwise())) {
          case First(var word) -> "" + word;
          case Second(var number) -> "" + number;
          case Third(_) -> "nothing";
        };
    assertEquals("nothing", said);
  }

  @Test
  void theResultOfACaseWithAFunctionIsWhatThatReturns() throws Exception {
    words.send("hello");
    AtomicInteger calls = new AtomicInteger();
    int length =
        switch (choose(
            words.onReceive(word -> {
              calls.incrementAndGet();
              return word == null ? 0 : word.length();
            }),
            numbers.onReceive())) {
          case First(var n) -> n;
          case Second(_) -> -1;
        };
    assertEquals(5, length);
    assertEquals(1, calls.get());
  }

  @Test
  void anInterruptThrowsAndNothingHasHappened() throws Exception {
    words.send("hello");
    Thread.currentThread().interrupt();
    assertThrows(InterruptedException.class, () -> choose(words.onReceive(), numbers.onReceive()));
    assertEquals("hello", words.tryReceive());
  }

  @Nested
  final class AResult {
    private final AtomicInteger calls = new AtomicInteger();
    private final Case<Integer> counted = words.onReceive(_ -> calls.incrementAndGet());
    private final Select select = Select.of(counted, numbers.onReceive());

    @Test
    void isComputedOnceForEachChoice() throws Exception {
      for (int choice = 1; choice <= 3; choice++) {
        words.send("x");
        select.await();
        assertEquals(choice, counted.result());
        assertEquals(choice, counted.result());
      }
      assertEquals(3, calls.get());
    }

    @Test
    void isGoneWithTheNextSelect() throws Exception {
      words.send("x");
      select.await();
      assertEquals(1, counted.result());
      numbers.send(1);
      select.await();
      assertEquals(
          "result of a case that was not chosen",
          assertThrows(IllegalStateException.class, counted::result).getMessage());
    }

    @Test
    void whoseFunctionThrowsIsNotComputedAgain() throws Exception {
      Case<Integer> failing =
          words.onReceive(_ -> {
            calls.incrementAndGet();
            throw new IllegalArgumentException("x");
          });
      Select one = Select.of(failing);
      words.send("x");
      one.await();
      assertThrows(IllegalArgumentException.class, failing::result);
      var e = assertThrows(IllegalStateException.class, failing::result);
      assertEquals("result of a case whose function has failed", e.getMessage());
      assertEquals(1, calls.get());
      words.send("x");
      one.await();
      assertThrows(IllegalArgumentException.class, failing::result);
    }

    @Test
    void mayBeNullAndIsNotComputedAgain() throws Exception {
      Case<@Nullable String> none =
          words.onReceive(_ -> {
            calls.incrementAndGet();
            return null;
          });
      words.send("x");
      Select.of(none).await();
      assertNull(none.result());
      assertNull(none.result());
      assertEquals(1, calls.get());
    }
  }
}
