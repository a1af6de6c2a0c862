package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Select.otherwise;
import static io.heddle.Select.select;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a close does to those who wait, to what is buffered, and to every later operation. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ChanCloseTest {

  /** The ways to operate on a channel: plainly, or in a select with more or fewer other cases. */
  enum Way {
    PLAIN {
      @Override
      @Nullable String receive(Chan<String> channel) throws InterruptedException {
        return channel.receive();
      }

      @Override
      void send(Chan<String> channel) throws InterruptedException {
        channel.send("sent");
      }
    },
    SELECT {
      @Override
      @Nullable String receive(Chan<String> channel) throws InterruptedException {
        return select(channel.onReceive());
      }

      @Override
      void send(Chan<String> channel) throws InterruptedException {
        select(channel.onSend("sent"));
      }
    },
    LARGER_SELECT {
      @Override
      @Nullable String receive(Chan<String> channel) throws InterruptedException {
        return select(
            Chan.<String>unbuffered().onReceive(),
            channel.onReceive(),
            Chan.never().onSend("never", () -> "never"));
      }

      @Override
      void send(Chan<String> channel) throws InterruptedException {
        select(
            Chan.<String>unbuffered().onReceive(),
            channel.onSend("sent", () -> "sent"),
            Chan.<String>never().onReceive());
      }
    };

    abstract @Nullable String receive(Chan<String> channel) throws InterruptedException;

    abstract void send(Chan<String> channel) throws InterruptedException;
  }

  private static Chan<String> closed(int capacity, String... values) throws InterruptedException {
    Chan<String> channel = Chan.buffered(capacity);
    for (String value : values) {
      channel.send(value);
    }
    channel.close();
    return channel;
  }

  private static void assertSendFails(Executable send) {
    var e = assertThrows(ChannelClosedException.class, send);
    assertEquals("send on closed channel", e.getMessage());
  }

  @ParameterizedTest
  @EnumSource
  void whatIsBufferedIsReceivedFirstAndThenNullForEver(Way way) throws Exception {
    for (Chan<String> channel : List.of(closed(0), closed(1), closed(10))) {
      assertNull(way.receive(channel));
      assertNull(way.receive(channel));
    }
    Chan<String> buffered = closed(10, "a", "b");
    assertFalse(buffered.isDrained());
    assertEquals("a", way.receive(buffered));
    assertEquals("b", way.receive(buffered));
    assertTrue(buffered.isDrained());
    assertNull(way.receive(buffered));
  }

  @ParameterizedTest
  @EnumSource
  void aSendFailsWhetherOrNotThereIsRoom(Way way) throws Exception {
    for (Chan<String> channel :
        List.of(closed(0), closed(1), closed(10), closed(10, "a"), closed(1, "full"))) {
      int len = channel.len();
      assertSendFails(() -> way.send(channel));
      assertEquals(len, channel.len());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aCloseWakesEveryWaitingReceiver(Way way) throws Exception {
    run(() -> {
      Chan<String> channel = Chan.unbuffered();
      List<Goroutine<?>> receivers = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        receivers.add(go(() -> assertNull(way.receive(channel))));
      }
      TestSupport.await("10 receivers", () -> TestSupport.queuedReceivers(channel) == 10);
      channel.close();
      for (Goroutine<?> receiver : receivers) {
        receiver.join();
      }
      TestSupport.assertNobodyQueued(channel);
    });
  }

  @ParameterizedTest
  @EnumSource
  void aCloseFailsEveryWaitingSender(Way way) throws Exception {
    run(() -> {
      Chan<String> channel = Chan.buffered(1);
      channel.send("first");
      List<Goroutine<?>> senders = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        senders.add(go(() -> assertSendFails(() -> way.send(channel))));
      }
      TestSupport.await("10 senders", () -> TestSupport.queuedSenders(channel) == 10);
      channel.close();
      for (Goroutine<?> sender : senders) {
        sender.join();
      }
      assertEquals("first", channel.receive());
      assertNull(channel.receive());
      TestSupport.assertNobodyQueued(channel);
    });
  }

  @Test
  void theFormsThatDoNotWaitForeverAgree() throws Exception {
    Chan<String> channel = closed(2, "a");
    assertSendFails(() -> channel.trySend("b"));
    assertSendFails(() -> channel.send("b", Context.background()));
    assertSendFails(() -> channel.send("b", Duration.ZERO));
    assertEquals("a", channel.tryReceive());
    assertNull(channel.tryReceive());
    assertNull(channel.receive(Context.background()));
    assertNull(channel.receive(Duration.ZERO));
    assertNull(select(channel.onReceive(), otherwise(() -> "otherwise")));
    assertSendFails(() -> select(channel.onSend("b", () -> "sent"), otherwise(() -> "otherwise")));
  }

  @Test
  void trySendOnAFullClosedChannelFailsToo() throws Exception {
    Chan<String> channel = closed(1, "a");
    assertSendFails(() -> channel.trySend("b"));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void aSecondCloseFails(int capacity) throws Exception {
    Chan<String> channel = closed(capacity);
    var e = assertThrows(ChannelClosedException.class, channel::close);
    assertEquals("close of closed channel", e.getMessage());
    assertTrue(channel.isDrained());
  }

  @Test
  void aChannelThatIsNeverReadyCannotBeClosed() {
    var e = assertThrows(ChannelClosedException.class, Chan.never()::close);
    assertEquals("close of a channel that is never ready", e.getMessage());
  }

  @Test
  void ofConcurrentClosesOneSucceeds() throws Exception {
    run(() -> {
      for (int round = 0; round < 500; round++) {
        Chan<Integer> channel = Chan.unbuffered();
        Chan<Boolean> results = Chan.buffered(4);
        for (int i = 0; i < 4; i++) {
          go(() -> {
            try {
              channel.close();
              results.send(true);
            } catch (ChannelClosedException e) {
              results.send(false);
            }
          });
        }
        int successes = 0;
        for (int i = 0; i < 4; i++) {
          successes += results.receive() ? 1 : 0;
        }
        assertEquals(1, successes);
      }
    });
  }

  @Test
  void aCloseUnderSendersLosesNothingThatWasSent() throws Exception {
    run(() -> {
      for (int round = 0; round < 500; round++) {
        Chan<Integer> channel = Chan.buffered(round % 3);
        Chan<Integer> sent = Chan.buffered(4);
        for (int s = 0; s < 4; s++) {
          go(() -> {
            int n = 0;
            try {
              while (n < 100) {
                channel.send(1);
                n++;
              }
            } catch (ChannelClosedException e) {
              // that one was not sent
            }
            sent.send(n);
          });
        }
        Goroutine<?> closer = go(channel::close);
        int received = 0;
        while (channel.receive() != null) {
          received++;
        }
        int total = 0;
        for (int s = 0; s < 4; s++) {
          total += sent.receive();
        }
        closer.join();
        assertEquals(total, received);
        TestSupport.assertNobodyQueued(channel);
      }
    });
  }

  @Test
  void aCloseHappensBeforeTheReceiveThatSeesIt() throws Exception {
    run(() -> {
      for (int round = 0; round < 1_000; round++) {
        Chan<Integer> channel = Chan.unbuffered();
        int[] plain = {0};
        go(() -> {
          plain[0] = 1;
          channel.close();
        });
        while (!select(channel.onReceive(v -> true), otherwise(() -> false))) {
          Go.gosched();
        }
        assertEquals(1, plain[0]);
      }
    });
  }

  @Test
  void aClosedChannelIsReadyInEveryOneOfManySelects() throws Exception {
    Chan<Integer> channel = Chan.unbuffered();
    channel.close();
    assertTrue(
        IntStream.range(0, 1_000)
            .allMatch(i -> {
              try {
                return select(channel.onReceive(v -> v == null), otherwise(() -> false));
              } catch (InterruptedException e) {
                return false;
              }
            }));
  }
}
