package io.heddle.flow;

import static io.heddle.flow.FlowTestSupport.awaitAsleep;
import static io.heddle.flow.FlowTestSupport.awaitUntil;
import static io.heddle.flow.FlowTestSupport.program;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelledException;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Receiver;
import io.heddle.VirtualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What each stage passes on, in which order, how far it runs ahead, and when it ends. */
@Timeout(value = 90, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("clock")
final class PipelineStagesTest {
  private static final Duration HOUR = Duration.ofHours(1);

  /** Runs a pipeline that leaves no goroutine behind. */
  private static void pipeline(Action<Pipeline> body) throws InterruptedException {
    program(() -> Pipeline.run(Context.background(), body));
  }

  /** The same where time passes at once, and exactly. */
  private static void inVirtualTime(Action<Pipeline> body) throws InterruptedException {
    VirtualClock.run(clock -> Pipeline.run(Context.background(), body));
  }

  private static List<Integer> numbers(int n) {
    return IntStream.range(0, n).boxed().toList();
  }

  private static List<Integer> sorted(List<Integer> list) {
    return list.stream().sorted().toList();
  }

  /** Sends 0, 1, 2 and so on without end, and counts the sends that were begun. */
  private static Receiver<Integer> counting(Pipeline pipeline, AtomicInteger begun) {
    return pipeline.generate(out -> {
      while (true) {
        out.send(begun.getAndIncrement());
      }
    });
  }

  /** Waits until everything has gone as far as it can, which is so many sends of the generator. */
  private static void assertBegun(int expected, AtomicInteger begun) {
    awaitUntil(() -> begun.get() >= expected);
    awaitAsleep();
    assertEquals(expected, begun.get());
  }

  @Nested
  final class Generate {
    @Test
    void closesTheChannelWhenItsBodyReturns() throws Exception {
      pipeline(p -> {
        Receiver<String> out = p.generate(o -> o.send("only"));
        assertEquals("only", out.receive());
        assertNull(out.receive());
        assertTrue(out.isDrained());
      });
    }

    @Test
    void isAheadByItsBufferAndNoMore() throws Exception {
      pipeline(p -> {
        AtomicInteger begun = new AtomicInteger();
        Receiver<Integer> out =
            p.generate(
                3,
                o -> {
                  while (true) {
                    o.send(begun.getAndIncrement());
                  }
                });
        assertBegun(4, begun);
        assertEquals(0, out.receive());
        assertBegun(5, begun);
      });
    }

    @Test
    void withoutABufferWaitsForItsConsumer() throws Exception {
      pipeline(p -> {
        AtomicInteger begun = new AtomicInteger();
        counting(p, begun);
        assertBegun(1, begun);
      });
    }

    @Test
    void refusesANegativeCapacity() throws Exception {
      pipeline(p -> assertThrows(IllegalArgumentException.class, () -> p.generate(-1, o -> {})));
    }

    @Test
    void fromSendsTheElementsOfAnIterable() throws Exception {
      pipeline(p -> assertEquals(numbers(10), p.collect(p.from(numbers(10)))));
    }

    @Test
    void fromSendsTheElementsOfAnIterator() throws Exception {
      pipeline(p -> {
        var iterator = numbers(4).iterator();
        assertEquals(numbers(4), p.collect(p.from(iterator)));
        assertEquals(numbers(4), p.collect(p.from(IntStream.range(0, 4).boxed().iterator())));
      });
    }

    @Test
    void makesAnyOtherStage() throws Exception {
      pipeline(p -> {
        Receiver<Integer> in = p.from(numbers(10));
        Receiver<Integer> even =
            p.generate(out -> {
              for (int n : in) {
                if (n % 2 == 0) {
                  out.send(n);
                }
              }
            });
        assertEquals(List.of(0, 2, 4, 6, 8), p.collect(even));
      });
    }
  }

  @Nested
  final class Merge {
    @Test
    void passesOnEverythingAndKeepsTheOrderOfEach() throws Exception {
      pipeline(p -> {
        List<Receiver<Integer>> ins = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
          int first = i * 100;
          ins.add(p.from(IntStream.range(first, first + 100).iterator()));
        }
        List<Integer> all = p.collect(p.merge(ins));
        assertEquals(numbers(500), sorted(all));
        for (int i = 0; i < 5; i++) {
          int source = i;
          List<Integer> part = all.stream().filter(n -> n / 100 == source).toList();
          assertEquals(sorted(part), part);
        }
      });
    }

    @Test
    void ofNothingIsClosed() throws Exception {
      pipeline(p -> assertTrue(p.merge(List.of()).isDrained()));
    }

    @Test
    void isOpenUntilTheLastInputIsClosed() throws Exception {
      pipeline(p -> {
        Chan<Integer> one = Chan.unbuffered();
        Chan<Integer> other = Chan.unbuffered();
        Receiver<Integer> both = p.merge(one, other);
        one.close();
        Go.go(() -> other.send(1));
        assertEquals(1, both.receive());
        awaitAsleep();
        assertFalse(both.isDrained());
        other.close();
        assertNull(both.receive());
      });
    }

    @Test
    void doesNotLetASilentInputHoldUpTheOthers() throws Exception {
      pipeline(p -> {
        Receiver<Integer> merged = p.merge(Chan.<Integer>never(), p.from(numbers(3)));
        for (int i = 0; i < 3; i++) {
          assertEquals(i, merged.receive());
        }
      });
    }

    @Test
    void holdsOneElementOfEachInput() throws Exception {
      pipeline(p -> {
        AtomicInteger begun = new AtomicInteger();
        AtomicInteger othersBegun = new AtomicInteger();
        p.merge(counting(p, begun), counting(p, othersBegun));
        assertBegun(2, begun);
        assertBegun(2, othersBegun);
      });
    }
  }

  @Nested
  final class MapInAnyOrder {
    @Test
    void makesOneResultOfEachElement() throws Exception {
      pipeline(p -> {
        List<Integer> doubled = p.collect(p.map(p.from(numbers(1000)), 8, n -> n + n));
        assertEquals(numbers(1000).stream().map(n -> n + n).toList(), sorted(doubled));
      });
    }

    @Test
    void sendsWhatIsReadyFirst() throws Exception {
      pipeline(p -> {
        Chan<Boolean> gate = Chan.unbuffered();
        Receiver<Integer> out =
            p.map(
                p.from(numbers(3)),
                2,
                n -> {
                  if (n == 0) {
                    gate.receive();
                  }
                  return n;
                });
        assertEquals(1, out.receive());
        assertEquals(2, out.receive());
        gate.close();
        assertEquals(0, out.receive());
        assertNull(out.receive());
      });
    }

    @Test
    void worksOnAsManyElementsAtATimeAsThereAreWorkers() throws Exception {
      pipeline(p -> {
        AtomicInteger working = new AtomicInteger();
        Chan<Boolean> gate = Chan.unbuffered();
        AtomicInteger begun = new AtomicInteger();
        Receiver<Integer> out =
            p.map(
                counting(p, begun),
                5,
                n -> {
                  working.incrementAndGet();
                  gate.receive();
                  return n;
                });
        assertBegun(6, begun);
        assertEquals(5, working.get());
        gate.close();
        for (int i = 0; i < 20; i++) {
          out.receive();
        }
      });
    }

    @Test
    void takesNoMoreWhileItsResultsAreNotReceived() throws Exception {
      pipeline(p -> {
        AtomicInteger begun = new AtomicInteger();
        Receiver<Integer> out = p.map(counting(p, begun), 4, n -> n);
        assertBegun(5, begun);
        out.receive();
        assertBegun(6, begun);
      });
    }

    @Test
    void ofNothingIsClosed() throws Exception {
      pipeline(p -> assertNull(p.map(p.from(List.<Integer>of()), 3, n -> n).receive()));
    }

    @Test
    void failsIfTheMapperReturnsNull() throws Exception {
      program(() ->
          assertInstanceOf(
              NullPointerException.class,
              assertThrows(
                      ExecutionException.class,
                      () ->
                          Pipeline.run(
                              Context.background(),
                              p -> p.collect(p.map(p.from(numbers(3)), 2, n -> null))))
                  .getCause()));
    }

    @Test
    void needsAWorker() throws Exception {
      pipeline(p -> {
        Receiver<Integer> in = p.from(numbers(3));
        assertThrows(IllegalArgumentException.class, () -> p.map(in, 0, n -> n));
        assertThrows(IllegalArgumentException.class, () -> p.mapInOrder(in, 0, n -> n));
        assertThrows(IllegalArgumentException.class, () -> p.forEach(in, 0, n -> {}));
      });
    }
  }

  @Nested
  final class MapInOrder {
    @Test
    void sendsTheResultsInTheOrderOfTheElements() throws Exception {
      pipeline(p -> {
        List<Integer> out =
            p.collect(
                p.mapInOrder(
                    p.from(numbers(2000)),
                    7,
                    n -> {
                      for (int i = 0; i < n * 31 % 5; i++) {
                        Go.gosched();
                      }
                      return n;
                    }));
        assertEquals(numbers(2000), out);
      });
    }

    @Test
    void waitsForResultsThatAreReadyInReverse() throws Exception {
      pipeline(p -> {
        List<Chan<Integer>> finished = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
          finished.add(Chan.unbuffered());
        }
        finished.get(4).close();
        Receiver<Integer> out =
            p.mapInOrder(
                p.from(numbers(4)),
                4,
                n -> {
                  finished.get(n + 1).receive();
                  finished.get(n).close();
                  return n;
                });
        assertEquals(numbers(4), p.collect(out));
      });
    }

    @Test
    void holdsNoMoreElementsAndResultsThanWorkers() throws Exception {
      pipeline(p -> {
        Chan<Boolean> gate = Chan.unbuffered();
        AtomicInteger finished = new AtomicInteger();
        AtomicInteger begun = new AtomicInteger();
        Receiver<Integer> out =
            p.mapInOrder(
                counting(p, begun),
                4,
                n -> {
                  if (n == 0) {
                    gate.receive();
                  }
                  finished.incrementAndGet();
                  return n;
                });
        assertBegun(5, begun);
        assertEquals(3, finished.get());
        gate.close();
        for (int i = 0; i < 10; i++) {
          assertEquals(i, out.receive());
        }
        assertBegun(10 + 5, begun);
      });
    }

    @Test
    void ofNothingIsClosed() throws Exception {
      pipeline(p -> assertNull(p.mapInOrder(p.from(List.<Integer>of()), 3, n -> n).receive()));
    }

    @Test
    void withOneWorkerWorksToo() throws Exception {
      pipeline(
          p -> assertEquals(numbers(9), p.collect(p.mapInOrder(p.from(numbers(9)), 1, n -> n))));
    }
  }

  @Nested
  final class Batch {
    @Test
    void isSentWhenItHasReachedItsSize() throws Exception {
      pipeline(p -> {
        Chan<Integer> in = Chan.unbuffered();
        Receiver<List<Integer>> out = p.batch(in, 3, HOUR);
        p.go(() -> {
          for (int i = 0; i < 6; i++) {
            in.send(i);
          }
        });
        assertEquals(List.of(0, 1, 2), out.receive());
        assertEquals(List.of(3, 4, 5), out.receive());
      });
    }

    @Test
    void isSentWhenItHasReachedItsAge() throws Exception {
      inVirtualTime(p -> {
        Duration age = Duration.ofMillis(20);
        Chan<Integer> in = Chan.unbuffered();
        Receiver<List<Integer>> out = p.batch(in, 1000, age);
        long start = Go.nanoTime();
        in.send(1);
        assertEquals(List.of(1), out.receive());
        assertEquals(age.toNanos(), Go.nanoTime() - start);
      });
    }

    @Test
    void agesFromItsFirstElementAndNotBefore() throws Exception {
      inVirtualTime(p -> {
        Duration age = Duration.ofMillis(30);
        Chan<Integer> in = Chan.unbuffered();
        Receiver<List<Integer>> out = p.batch(in, 1000, age);
        for (int i = 0; i < 5; i++) {
          Go.sleep(age.multipliedBy(2).dividedBy(3)); // nothing is pending: no time may run
          long start = Go.nanoTime();
          in.send(i);
          assertEquals(List.of(i), out.receive());
          assertEquals(age.toNanos(), Go.nanoTime() - start);
        }
      });
    }

    @Test
    void growsNoOlderIfElementsKeepComing() throws Exception {
      inVirtualTime(p -> {
        Receiver<Integer> trickle =
            p.generate(out -> {
              while (true) {
                out.send(1);
                Go.sleep(Duration.ofMillis(1));
              }
            });
        Receiver<List<Integer>> out = p.batch(trickle, Integer.MAX_VALUE, Duration.ofMillis(50));
        int size = out.receive().size();
        assertTrue(size == 50 || size == 51, () -> "the last comes as it is sent: " + size);
      });
    }

    @Test
    void isNotSentEmptyHoweverMuchTimePasses() throws Exception {
      inVirtualTime(p -> {
        Chan<Integer> in = Chan.unbuffered();
        Receiver<List<Integer>> out = p.batch(in, 2, Duration.ofMillis(1));
        Go.sleep(Duration.ofMillis(20));
        assertNull(out.tryReceive());
        in.close();
        assertNull(out.receive());
      });
    }

    @Test
    void atTheEndIsWhatIsLeft() throws Exception {
      pipeline(p ->
          assertEquals(
              List.of(List.of(0, 1, 2), List.of(3)),
              p.collect(p.batch(p.from(numbers(4)), 3, HOUR))));
    }

    @Test
    void losesAndReordersNothingWhateverEndsIt() throws Exception {
      pipeline(p -> {
        Receiver<Integer> in =
            p.generate(out -> {
              for (int i = 0; i < 300; i++) {
                if (i % 50 == 0) {
                  Go.sleep(Duration.ofMillis(2));
                }
                out.send(i);
              }
            });
        List<Integer> all = new ArrayList<>();
        for (List<Integer> batch : p.batch(in, 7, Duration.ofNanos(50_000))) {
          assertFalse(batch.isEmpty());
          assertTrue(batch.size() <= 7);
          all.addAll(batch);
        }
        assertEquals(numbers(300), all);
      });
    }

    @Test
    void doesNotGrowWhileItsConsumerIsBusy() throws Exception {
      pipeline(p -> {
        AtomicInteger begun = new AtomicInteger();
        Receiver<List<Integer>> out = p.batch(counting(p, begun), 3, HOUR);
        assertBegun(4, begun);
        assertEquals(List.of(0, 1, 2), out.receive());
        assertBegun(7, begun);
      });
    }

    @Test
    void cannotBeChanged() throws Exception {
      pipeline(p -> {
        List<Integer> batch = p.batch(p.from(numbers(2)), 2, HOUR).receive();
        assertThrows(UnsupportedOperationException.class, () -> batch.add(1));
      });
    }

    @Test
    void needsASizeAndAnAge() throws Exception {
      pipeline(p -> {
        Receiver<Integer> in = p.from(numbers(3));
        assertThrows(IllegalArgumentException.class, () -> p.batch(in, 0, HOUR));
        assertThrows(IllegalArgumentException.class, () -> p.batch(in, 1, Duration.ZERO));
      });
    }
  }

  @Nested
  final class Tee {
    @Test
    void sendsEverythingToAll() throws Exception {
      pipeline(p -> {
        List<Receiver<Integer>> outs = p.tee(p.from(numbers(500)), 3);
        List<List<Integer>> got = Collections.synchronizedList(new ArrayList<>());
        Receiver<List<Integer>> lists = p.map(p.from(outs), 3, p::collect);
        lists.forEach(got::add);
        assertEquals(List.of(numbers(500), numbers(500), numbers(500)), got);
      });
    }

    @Test
    void letsOneGoroutineReceiveInAnyOrder() throws Exception {
      pipeline(p -> {
        List<Receiver<Integer>> outs = p.tee(p.from(numbers(10)), 2);
        for (int i = 0; i < 10; i++) {
          assertEquals(i, outs.get(i % 2).receive());
          assertEquals(i, outs.get(1 - i % 2).receive());
        }
        assertNull(outs.get(1).receive());
        assertNull(outs.get(0).receive());
      });
    }

    @Test
    void goesAsFastAsTheSlowest() throws Exception {
      pipeline(p -> {
        AtomicInteger begun = new AtomicInteger();
        List<Receiver<Integer>> outs = p.tee(counting(p, begun), 2);
        outs.get(0).receive();
        assertBegun(2, begun);
        assertNull(outs.get(0).tryReceive());
        outs.get(1).receive();
        assertBegun(3, begun);
      });
    }

    @Test
    void needsAReceiver() throws Exception {
      pipeline(p -> {
        Receiver<Integer> in = p.from(numbers(3));
        assertThrows(IllegalArgumentException.class, () -> p.tee(in, 0));
      });
    }
  }

  @Nested
  final class Until {
    @Test
    void passesOnEverythingIfTheContextIsNeverDone() throws Exception {
      pipeline(p ->
          assertEquals(numbers(10), p.collect(p.until(p.from(numbers(10)), Context.background()))));
    }

    @Test
    void isClosedWhenTheContextIsDone() throws Exception {
      pipeline(p -> {
        try (var bound = p.context().withCancel()) {
          Receiver<Integer> out = p.until(Chan.<Integer>never(), bound);
          awaitAsleep();
          bound.cancel();
          assertNull(out.receive());
        }
      });
    }

    @Test
    void ofAContextThatIsDonePassesOnNothing() throws Exception {
      pipeline(p -> {
        try (var bound = p.context().withCancel()) {
          bound.cancel();
          AtomicInteger begun = new AtomicInteger();
          assertNull(p.until(counting(p, begun), bound).receive());
        }
      });
    }

    @Test
    void sendsWhatItHasReceived() throws Exception {
      pipeline(p -> {
        try (var bound = p.context().withCancel()) {
          AtomicInteger begun = new AtomicInteger();
          Receiver<Integer> out = p.until(counting(p, begun), bound);
          assertBegun(2, begun); // so it holds the first
          bound.cancel();
          assertEquals(0, out.receive());
          assertNull(out.receive());
        }
      });
    }

    @Test
    void stopsNewWorkAndKeepsTheResultsOfWhatWasBegun() throws Exception {
      pipeline(p -> {
        try (var bound = p.context().withCancel()) {
          AtomicInteger worked = new AtomicInteger();
          AtomicInteger begun = new AtomicInteger();
          Receiver<Integer> out =
              p.map(
                  p.until(counting(p, begun), bound),
                  4,
                  n -> {
                    worked.incrementAndGet();
                    return n;
                  });
          for (int i = 0; i < 10; i++) {
            out.receive();
          }
          bound.cancel();
          assertTrue(worked.get() >= 10);
          int rest = p.collect(out).size();
          assertEquals(worked.get(), 10 + rest);
        }
      });
    }

    @Test
    void ofAContextAboveThePipelineIsACancellation() throws Exception {
      program(() -> {
        try (var context = Context.background().withCancel()) {
          assertThrows(
              CancelledException.class,
              () ->
                  Pipeline.run(
                      context,
                      p -> {
                        Receiver<Integer> out = p.until(counting(p, new AtomicInteger()), context);
                        out.receive();
                        context.cancel();
                        p.collect(out);
                      }));
        }
      });
    }
  }

  @Nested
  final class ForEach {
    @Test
    void consumesEverythingBeforeItReturns() throws Exception {
      pipeline(p -> {
        AtomicInteger sum = new AtomicInteger();
        p.forEach(p.from(numbers(1000)), 8, sum::addAndGet);
        assertEquals(999 * 1000 / 2, sum.get());
      });
    }

    @Test
    void worksOnAsManyElementsAtATimeAsThereAreWorkers() throws Exception {
      pipeline(p -> {
        AtomicInteger working = new AtomicInteger();
        Chan<Boolean> gate = Chan.unbuffered();
        p.go(() ->
            p.forEach(
                p.from(numbers(9)),
                3,
                n -> {
                  working.incrementAndGet();
                  gate.receive();
                }));
        awaitUntil(() -> working.get() >= 3);
        awaitAsleep();
        assertEquals(3, working.get());
        gate.close();
      });
    }

    @Test
    void ofNothingReturns() throws Exception {
      pipeline(p -> p.forEach(p.from(List.<Integer>of()), 3, n -> {}));
    }
  }
}
