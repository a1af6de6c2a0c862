package io.heddle;

import static io.heddle.Go.after;
import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Select.select;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.Cleaner;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Small programs in which goroutines and channels are the structure. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ChanProgramsTest {

  @Test
  void helloOverAChannel() throws Exception {
    run(() -> {
      Chan<String> channel = Chan.unbuffered();
      go(() -> channel.send("hello"));
      assertEquals("hello", channel.receive());
    });
  }

  /** Each prime is a goroutine that drops its multiples. */
  @Test
  void primeSieve() throws Exception {
    run(() -> {
      Chan<Integer> numbers = Chan.unbuffered();
      go(() -> {
        for (int i = 2; ; i++) {
          numbers.send(i);
        }
      });
      List<Integer> primes = new ArrayList<>();
      Receiver<Integer> in = numbers;
      for (int i = 0; i < 25; i++) {
        int prime = in.receive();
        primes.add(prime);
        in = filter(in, n -> n % prime != 0);
      }
      assertEquals(
          List.of(
              2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79,
              83, 89, 97),
          primes);
    });
  }

  /** One value passes through a chain of 10,000 goroutines. */
  @Test
  void daisyChain() throws Exception {
    run(() -> {
      Chan<Integer> rightmost = Chan.unbuffered();
      Chan<Integer> left = rightmost;
      for (int i = 0; i < 10_000; i++) {
        Chan<Integer> to = left;
        Chan<Integer> from = Chan.unbuffered();
        go(() -> to.send(from.receive() + 1));
        left = from;
      }
      left.send(0);
      assertEquals(10_000, rightmost.receive());
    });
  }

  @Test
  void aWatcherThatIsStoppedOrTimesOut() throws Exception {
    run(() -> {
      for (int i = 0; i < 100; i++) {
        Chan<Integer> stop = Chan.unbuffered();
        WaitGroup group = new WaitGroup();
        group.go(() -> select(stop.onReceive(v -> null), after(Duration.ofMillis(1)).onReceive()));
        stop.close();
        group.await();
      }
    });
  }

  private static <T> Receiver<T> filter(Receiver<T> in, Predicate<T> keep) {
    Chan<T> out = Chan.unbuffered();
    go(() -> {
      for (T value : in) {
        if (keep.test(value)) {
          out.send(value);
        }
      }
      out.close();
    });
    return out;
  }

  /** Helpers that hold for elements of any type. */
  @Nested
  final class Generic {
    private static <T> Receiver<T> of(List<T> values) {
      Chan<T> out = Chan.unbuffered();
      go(() -> {
        for (T value : values) {
          out.send(value);
        }
        out.close();
      });
      return out;
    }

    private static <T> List<T> readAll(Receiver<T> in) {
      List<T> all = new ArrayList<>();
      in.forEach(all::add);
      return all;
    }

    private static <T> Receiver<T> merge(Receiver<T> one, Receiver<T> two) {
      Chan<T> out = Chan.unbuffered();
      go(() -> {
        while (true) {
          T value =
              select(
                  one.onReceive().when(!one.isDrained()),
                  two.onReceive().when(!two.isDrained()),
                  Select.<T>otherwise(() -> null).when(one.isDrained() && two.isDrained()));
          if (value != null) {
            out.send(value);
          } else if (one.isDrained() && two.isDrained()) {
            break;
          }
        }
        out.close();
      });
      return out;
    }

    @Test
    void readAllReceivesEverything() throws Exception {
      run(() -> assertEquals(List.of(1, 2, 3), readAll(of(List.of(1, 2, 3)))));
    }

    @Test
    void mergeKeepsTheOrderOfEachSide() throws Exception {
      run(() -> {
        List<Integer> merged = readAll(merge(of(List.of(1, 3, 5, 7)), of(List.of(2, 4, 6))));
        assertEquals(List.of(1, 3, 5, 7), merged.stream().filter(v -> v % 2 == 1).toList());
        assertEquals(List.of(2, 4, 6), merged.stream().filter(v -> v % 2 == 0).toList());
      });
    }

    @Test
    void filterKeepsWhatItShould() throws Exception {
      run(() ->
          assertEquals(
              List.of("b", "d"),
              readAll(filter(of(List.of("a", "b", "c", "d")), s -> "bd".contains(s)))));
    }

    /** A value that belongs to whoever holds it. */
    @Test
    void exclusiveOwnershipPassesThroughAChannelOfOne() throws Exception {
      run(() -> {
        Chan<int[]> exclusive = Chan.buffered(1);
        exclusive.send(new int[1]);
        WaitGroup group = new WaitGroup();
        for (int g = 0; g < 20; g++) {
          group.go(() -> {
            int[] mine = exclusive.receive();
            mine[0]++;
            exclusive.send(mine);
          });
        }
        group.await();
        int[] held = exclusive.tryReceive();
        assertEquals(20, held[0]);
        assertNull(exclusive.tryReceive());
      });
    }

    /** A producer that learns that its consumer went away, through a context. */
    @Test
    void aProducerStopsWithItsConsumer() throws Exception {
      run(() -> {
        Chan<Integer> values = Chan.unbuffered();
        Goroutine<?> producer;
        try (var consumer = Context.background().withCancel()) {
          producer =
              go(() -> {
                int i = 0;
                while (select(values.onSend(i, () -> true), consumer.onDone(() -> false))) {
                  i++;
                }
                assertTrue(i >= 2, "two values were taken");
              });
          assertEquals(0, values.receive());
          assertEquals(1, values.receive());
        }
        producer.join();
        TestSupport.assertNobodyQueued(values);
      });
    }

    /** A consumer's view of a producer that stops once it is unreachable. */
    private static final class Numbers {
      private static final Cleaner CLEANER = Cleaner.create();

      final Receiver<Integer> values;

      Numbers(CancelContext producing, Chan<Integer> stoppedAt) {
        Chan<Integer> out = Chan.unbuffered();
        go(() -> {
          int i = 0;
          while (select(out.onSend(i, () -> true), producing.onDone(() -> false))) {
            i++;
          }
          stoppedAt.send(i);
        });
        values = out;
        CLEANER.register(this, producing::cancel);
      }
    }

    private static void receiveThree(Numbers numbers) throws InterruptedException {
      for (int i = 0; i < 3; i++) {
        assertEquals(i, numbers.values.receive());
      }
    }

    /** The same through the collector: who waits for the consumer does not hold on to it. */
    @Test
    void aProducerStopsWhenItsConsumerIsCollected() throws Exception {
      run(() -> {
        CancelContext producing = Context.background().withCancel();
        Chan<Integer> stoppedAt = Chan.buffered(1);
        receiveThree(new Numbers(producing, stoppedAt));
        TestSupport.awaitCollected("the consumer", () -> producing.isDone());
        assertEquals(3, stoppedAt.receive());
      });
    }

    /** An ordered map that is read through a channel while its owner walks it. */
    @Test
    void aMapIsWalkedThroughAChannel() throws Exception {
      run(() -> {
        Map<String, Integer> map = new TreeMap<>(Map.of("b", 2, "a", 1, "c", 3));
        Chan<Map.Entry<String, Integer>> entries = Chan.unbuffered();
        go(() -> {
          for (Map.Entry<String, Integer> entry : map.entrySet()) {
            entries.send(entry);
          }
          entries.close();
        });
        assertEquals(List.copyOf(map.entrySet()), readAll(entries));
      });
    }
  }

  /**
   * Power series with rational coefficients, as streams that compute a coefficient when one is
   * asked for: every operator is a goroutine.
   */
  @Nested
  final class PowerSeries {
    record Rational(BigInteger over, BigInteger under) {
      static final Rational ZERO = of(0, 1);
      static final Rational ONE = of(1, 1);

      static Rational of(long over, long under) {
        return of(BigInteger.valueOf(over), BigInteger.valueOf(under));
      }

      static Rational of(BigInteger over, BigInteger under) {
        BigInteger gcd = over.gcd(under).max(BigInteger.ONE);
        BigInteger sign = BigInteger.valueOf(under.signum());
        return new Rational(over.divide(gcd).multiply(sign), under.divide(gcd).multiply(sign));
      }

      Rational plus(Rational that) {
        return of(
            over.multiply(that.under).add(that.over.multiply(under)), under.multiply(that.under));
      }

      Rational times(Rational that) {
        return of(over.multiply(that.over), under.multiply(that.under));
      }

      Rational inverse() {
        return of(under, over);
      }

      Rational negated() {
        return of(over.negate(), under);
      }

      @Override
      public String toString() {
        return under.equals(BigInteger.ONE) ? over.toString() : over + "/" + under;
      }
    }

    /** Computes the coefficients one after the other. */
    @FunctionalInterface
    interface Coefficients {
      void sendTo(Sender<Rational> out) throws InterruptedException;
    }

    private static Receiver<Rational> series(Coefficients coefficients) {
      Chan<Rational> out = Chan.unbuffered();
      go(() -> coefficients.sendTo(out));
      return out;
    }

    private static void copy(Receiver<Rational> in, Sender<Rational> out)
        throws InterruptedException {
      while (true) {
        out.send(in.receive());
      }
    }

    /** 1 + x + x² + … */
    private static Receiver<Rational> ones() {
      return series(out -> {
        while (true) {
          out.send(Rational.ONE);
        }
      });
    }

    private static Receiver<Rational> add(Receiver<Rational> f, Receiver<Rational> g) {
      return series(out -> {
        while (true) {
          out.send(f.receive().plus(g.receive()));
        }
      });
    }

    private static Receiver<Rational> scale(Rational factor, Receiver<Rational> f) {
      return series(out -> {
        while (true) {
          out.send(factor.times(f.receive()));
        }
      });
    }

    private static Receiver<Rational> timesX(Receiver<Rational> f) {
      return series(out -> {
        out.send(Rational.ZERO);
        copy(f, out);
      });
    }

    /**
     * Two readers of one series, each at its own pace: what the slower has not asked for is kept.
     * The next coefficient is awaited together with the slower reader, as it may depend on what
     * that one reads.
     */
    private static List<Receiver<Rational>> split(Receiver<Rational> f) {
      Chan<Rational> one = Chan.unbuffered();
      Chan<Rational> two = Chan.unbuffered();
      go(() -> {
        List<Rational> seen = new ArrayList<>();
        var next = f.onReceive();
        var first = one.onSend(Rational.ZERO);
        var second = two.onSend(Rational.ZERO);
        var any = Select.of(next, first, second);
        int sentFirst = 0;
        int sentSecond = 0;
        while (true) {
          next.when(seen.size() == Math.max(sentFirst, sentSecond));
          offer(first, seen, sentFirst);
          offer(second, seen, sentSecond);
          Case<?> chosen = any.await();
          if (chosen == next) {
            seen.add(next.result());
          } else if (chosen == first) {
            sentFirst++;
          } else {
            sentSecond++;
          }
        }
      });
      return List.of(one, two);
    }

    private static void offer(SendCase<Rational, ?> to, List<Rational> seen, int index) {
      boolean available = index < seen.size();
      to.when(available);
      if (available) {
        to.value(seen.get(index));
      }
    }

    /** (a + x f) (b + x g) = ab + x (a g + b f) + x² f g. */
    private static Receiver<Rational> multiply(Receiver<Rational> f, Receiver<Rational> g) {
      return series(out -> {
        Rational a = f.receive();
        Rational b = g.receive();
        out.send(a.times(b));
        List<Receiver<Rational>> fs = split(f);
        List<Receiver<Rational>> gs = split(g);
        copy(
            add(
                add(scale(a, gs.getFirst()), scale(b, fs.getFirst())),
                timesX(multiply(fs.getLast(), gs.getLast()))),
            out);
      });
    }

    private static Receiver<Rational> derivative(Receiver<Rational> f) {
      return series(out -> {
        f.receive();
        for (int n = 1; ; n++) {
          out.send(Rational.of(n, 1).times(f.receive()));
        }
      });
    }

    private static Receiver<Rational> integral(Rational constant, Receiver<Rational> f) {
      return series(out -> {
        out.send(constant);
        for (int n = 1; ; n++) {
          out.send(Rational.of(1, n).times(f.receive()));
        }
      });
    }

    /** 1 / (a + x f) = 1/a (1 - x f / (a + x f)). */
    private static Receiver<Rational> reciprocal(Receiver<Rational> f) {
      return series(out -> {
        Rational inverse = f.receive().inverse();
        Chan<Rational> own = Chan.unbuffered();
        List<Receiver<Rational>> results = split(own);
        Receiver<Rational> rest = scale(inverse.negated(), multiply(f, results.getLast()));
        go(() -> {
          own.send(inverse);
          copy(rest, own);
        });
        copy(results.getFirst(), out);
      });
    }

    /** exp f for f without a constant: its derivative is itself times that of f. */
    private static Receiver<Rational> exponential(Receiver<Rational> f) {
      Chan<Rational> own = Chan.unbuffered();
      List<Receiver<Rational>> results = split(own);
      Receiver<Rational> whole = integral(Rational.ONE, multiply(results.getLast(), derivative(f)));
      go(() -> copy(whole, own));
      return results.getFirst();
    }

    private static String coefficients(int n, Receiver<Rational> f) throws InterruptedException {
      List<String> first = new ArrayList<>();
      for (int i = 0; i < n; i++) {
        first.add(String.valueOf(f.receive()));
      }
      return String.join(" ", first);
    }

    @Test
    void sumsProductsDerivativesAndIntegrals() throws Exception {
      run(() -> {
        assertEquals("2 2 2 2", coefficients(4, add(ones(), ones())));
        assertEquals("0 1 1 1", coefficients(4, timesX(ones())));
        assertEquals("1 2 3 4 5 6 7 8 9 10", coefficients(10, multiply(ones(), ones())));
        assertEquals("1 2 3 4 5", coefficients(5, derivative(ones())));
        assertEquals("0 1 1/2 1/3 1/4", coefficients(5, integral(Rational.ZERO, ones())));
      });
    }

    @Test
    void aReciprocalMultipliedWithItsSeriesIsOne() throws Exception {
      run(() -> {
        assertEquals("1 -1 0 0 0 0 0", coefficients(7, reciprocal(ones())));
        List<Receiver<Rational>> f = split(integral(Rational.of(2, 3), ones()));
        assertEquals(
            "1 0 0 0 0 0 0", coefficients(7, multiply(f.getFirst(), reciprocal(f.getLast()))));
      });
    }

    @Test
    void theExponentialSeries() throws Exception {
      run(() -> {
        Receiver<Rational> x =
            series(out -> {
              out.send(Rational.ZERO);
              out.send(Rational.ONE);
              while (true) {
                out.send(Rational.ZERO);
              }
            });
        assertEquals("1 1 1/2 1/6 1/24 1/120 1/720", coefficients(7, exponential(x)));
      });
    }

    /** atan x is the integral of 1 / (1 + x²) = 1 - x² + x⁴ - … */
    @Test
    void theArcTangentSeries() throws Exception {
      run(() -> {
        Receiver<Rational> alternating =
            series(out -> {
              for (int n = 0; ; n++) {
                out.send(n % 2 == 1 ? Rational.ZERO : Rational.of(1 - n % 4, 1));
              }
            });
        assertEquals(
            "0 1 0 -1/3 0 1/5 0 -1/7", coefficients(8, integral(Rational.ZERO, alternating)));
      });
    }
  }

  /** Requests that carry their reply channel, the server being a select loop. */
  @Test
  void aServerWithAQuitChannel() throws Exception {
    record Request(int value, Chan<Integer> reply) {}
    run(() -> {
      Chan<Request> requests = Chan.unbuffered();
      Chan<Boolean> quit = Chan.unbuffered();
      Goroutine<?> server =
          go(() -> {
            while (true) {
              @Nullable Request request = select(requests.onReceive(), quit.onReceive(v -> null));
              if (request == null) {
                return;
              }
              go(() -> request.reply.send(request.value * request.value));
            }
          });
      for (int i = 0; i < 100; i++) {
        Chan<Integer> reply = Chan.unbuffered();
        requests.send(new Request(i, reply));
        assertEquals(i * i, reply.receive());
      }
      quit.send(true);
      server.join();
      assertFalse(requests.trySend(new Request(0, Chan.unbuffered())));
    });
  }
}
