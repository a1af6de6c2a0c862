package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Select.choose;
import static io.heddle.Select.chooseInOrder;
import static io.heddle.Select.onComplete;
import static io.heddle.Select.otherwise;
import static io.heddle.Select.select;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Selected.First;
import io.heddle.Selected.Second;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Cases that lack what they need: they may take part in a select only if they are disabled. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class UnfitCaseTest {
  /** A case that lacks something, and what a select says of it. */
  enum Lack {
    VALUE(NullPointerException.class, "send of null") {
      @Override
      Case<?> make() {
        return Chan.<String>buffered(1).onSend(null);
      }
    },
    VALUE_WITH_A_RESULT(NullPointerException.class, "send of null") {
      @Override
      Case<?> make() {
        return Chan.<String>buffered(1).onSend(null, () -> "sent");
      }
    },
    NEXT_VALUE(NullPointerException.class, "send of null") {
      @Override
      Case<?> make() {
        return Chan.<String>buffered(1).onSend("first").value(null);
      }
    },
    VALUE_FOR_A_CHANNEL_THAT_IS_NEVER_READY(NullPointerException.class, "send of null") {
      @Override
      Case<?> make() {
        return Chan.<String>never().onSend(null);
      }
    },
    FUTURE(NullPointerException.class, "onComplete of null") {
      @Override
      Case<?> make() {
        return onComplete(null);
      }
    },
    FUTURE_WITH_A_RESULT(NullPointerException.class, "onComplete of null") {
      @Override
      Case<?> make() {
        return onComplete((CompletableFuture<?>) null, (value, failure) -> "complete");
      }
    },
    PERMITS(IllegalArgumentException.class, "permits of a Semaphore: -1 is negative") {
      @Override
      Case<?> make() {
        return new Semaphore(1).onAcquire(-1);
      }
    };

    final Class<? extends RuntimeException> refusal;
    final String message;

    Lack(Class<? extends RuntimeException> refusal, String message) {
      this.refusal = refusal;
      this.message = message;
    }

    abstract Case<?> make();
  }

  private static Chan<String> holding(String value) {
    Chan<String> channel = Chan.buffered(1);
    assertTrue(channel.trySend(value));
    return channel;
  }

  @ParameterizedTest
  @EnumSource
  void isLeftOutWhileItIsDisabled(Lack lack) throws Exception {
    assertEquals(new Second<>("v"), choose(lack.make().when(false), holding("v").onReceive()));
    assertEquals(
        new Second<>("v"), chooseInOrder(lack.make().when(false), holding("v").onReceive()));
    assertEquals(new Second<>("none"), choose(lack.make().when(false), otherwise(() -> "none")));
    Select select = Select.of(lack.make().when(false), Chan.unbuffered().onReceive());
    assertNull(select.tryAwait());
    assertThrows(TimeoutException.class, () -> select.await(Duration.ofNanos(1)));
    assertNull(Select.of(lack.make().when(false)).tryAwait());
  }

  @ParameterizedTest
  @EnumSource
  void isRefusedByEverySelectWhileItIsEnabled(Lack lack) throws Exception {
    Chan<String> channel = holding("v");
    Case<String> ready = channel.onReceive();
    Case<?> unfit = lack.make();
    List<Select> selects =
        List.of(
            Select.of(unfit),
            Select.of(unfit, ready),
            Select.inOrder(ready, unfit), // also if it would not come to that case
            Select.of(otherwise(() -> "none"), unfit));
    for (Select select : selects) {
      assertRefused(lack, select::await);
      assertRefused(lack, () -> select.await(Context.background()));
      assertRefused(lack, () -> select.await(Duration.ZERO));
      assertRefused(lack, select::tryAwait);
    }
    assertRefused(lack, () -> choose(ready, unfit));
    assertRefused(lack, () -> chooseInOrder(ready, unfit));
    assertEquals(1, channel.len(), "nothing has happened");
    assertNull(Select.of(unfit.when(false)).tryAwait());
    assertRefused(lack, Select.of(unfit.when(true))::tryAwait);
  }

  private static void assertRefused(Lack lack, Task select) {
    assertEquals(lack.message, assertThrows(lack.refusal, select::run).getMessage());
  }

  @Test
  void aSelectThatRefusesHasChosenNothing() throws Exception {
    Chan<String> out = Chan.unbuffered();
    Chan<String> in = holding("v");
    SendCase<String, @Nullable Void> send = out.onSend("w");
    Case<String> receive = in.onReceive();
    Select select = Select.of(send, receive);
    assertSame(receive, select.tryAwait());
    send.value(null);
    assertThrows(NullPointerException.class, select::tryAwait);
    assertThrows(IllegalStateException.class, receive::result);
  }

  @Test
  void aLoopGivesTheCaseAValueWheneverThereIsOne() throws Exception {
    run(() -> {
      Chan<Integer> in = Chan.unbuffered();
      Chan<Integer> out = Chan.unbuffered();
      go(() -> {
        for (int i = 0; i < 1_000; i++) {
          in.send(i);
        }
        in.close();
      });
      go(() -> {
        Queue<Integer> queue = new ArrayDeque<>();
        Case<Integer> receive = in.onReceive();
        SendCase<Integer, @Nullable Void> send = out.onSend(null);
        Select either = Select.of(receive, send);
        boolean more = true;
        while (more || !queue.isEmpty()) {
          send.value(queue.peek()).when(!queue.isEmpty());
          if (either.await() == send) {
            queue.remove();
            continue;
          }
          Integer number = receive.result();
          more = number != null;
          receive.when(more);
          if (more) {
            queue.add(number);
          }
        }
        out.close();
      });
      int expected = 0;
      for (int number : out) {
        assertEquals(expected++, number);
      }
      assertEquals(1_000, expected);
    });
  }

  @Test
  void settingAndDisablingAllocatesNothing() throws Exception {
    Chan<String> in = Chan.buffered(1);
    SendCase<String, @Nullable Void> send = Chan.<String>buffered(1).onSend(null);
    Select select = Select.of(in.onReceive(), send);
    Allocation.assertNone(() -> {
      send.value(null).when(false);
      in.trySend("v");
      select.await();
    });
  }

  /** What the documentation of {@link Case#when} shows. */
  private static final class Buffer {
    // documented
    static void pass(Receiver<Integer> in, Sender<Integer> out, Queue<Integer> queue)
        throws InterruptedException {
      switch (choose(
          in.onReceive().when(queue.size() < 10),
          out.onSend(queue.peek()).when(!queue.isEmpty()))) {
        case First(var number) -> queue.add(number);
        case Second(_) -> queue.remove();
      }
    }
    // end
  }

  @Test
  void theDocumentedLoopBuffersNumbersBetweenTwoChannels() throws Exception {
    run(() -> {
      Chan<Integer> in = Chan.unbuffered();
      Chan<Integer> out = Chan.unbuffered();
      List<Integer> numbers = IntStream.range(0, 100).boxed().toList();
      go(() -> {
        for (int number : numbers) {
          in.send(number);
        }
      });
      Goroutine<?> buffer =
          go(() -> {
            Queue<Integer> queue = new ArrayDeque<>();
            for (int i = 0; i < 2 * numbers.size(); i++) {
              Buffer.pass(in, out, queue);
            }
          });
      List<Integer> received = new ArrayList<>();
      for (int i = 0; i < numbers.size(); i++) {
        received.add(out.receive());
      }
      assertEquals(numbers, received);
      buffer.join();
    });
  }

  @Test
  void theDocumentationShowsThatCode() throws Exception {
    String tested = source("src/test/java/io/heddle/UnfitCaseTest.java");
    String statement =
        tested.substring(
            tested.indexOf("      switch (choose(", tested.indexOf("// documented")),
            tested.indexOf("    }\n    // end"));
    String documentation =
        source("src/main/java/io/heddle/Case.java").replaceAll("(?m)^ *\\* ?", "");
    assertTrue(documentation.contains(statement.stripTrailing().stripIndent()), statement);
  }

  private static String source(String file) throws Exception {
    Path path = Path.of(file);
    return Files.readString(Files.exists(path) ? path : Path.of("core").resolve(path));
  }
}
