package io.heddle.flow;

import static io.heddle.flow.FlowTestSupport.program;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.CancelledException;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Receiver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The two programs that pipelines are made for, in miniature. */
@Timeout(value = 90, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class PipelineProgramsTest {

  /** A lister pages keys into a channel, workers delete them, outcomes flow to one place. */
  @Nested
  final class BulkDelete {
    private static final int PAGE = 1000;
    private static final int WORKERS = 100;

    private sealed interface Outcome {
      record Deleted(String key) implements Outcome {}

      record Failed(String key, IOException why) implements Outcome {}
    }

    private record Report(int deleted, List<Outcome.Failed> failed, boolean complete) {}

    /** A store of keys that can fail at a page or at a key. */
    private static class Store {
      final ConcurrentSkipListSet<String> keys = new ConcurrentSkipListSet<>();
      final AtomicInteger pages = new AtomicInteger();
      final AtomicInteger deletes = new AtomicInteger();
      int failingPage = Integer.MAX_VALUE;
      int failEvery = Integer.MAX_VALUE;

      Store(int size) {
        for (int i = 0; i < size; i++) {
          keys.add(String.format("key-%06d", i));
        }
      }

      List<String> page(String after) throws IOException {
        if (pages.incrementAndGet() == failingPage) {
          throw new IOException("503 at page " + failingPage);
        }
        return keys.tailSet(after, false).stream().limit(PAGE).toList();
      }

      void delete(String key) throws IOException {
        if (deletes.incrementAndGet() % failEvery == 0) {
          throw new IOException("429");
        }
        keys.remove(key);
      }
    }

    private static Report purge(Context context, Store store, int maxErrors) throws Exception {
      return Pipeline.call(
          context,
          pipeline -> {
            try (CancelContext stop = pipeline.context().withCancel()) {
              Receiver<String> keys =
                  pipeline.generate(
                      PAGE,
                      out -> {
                        for (List<String> page = store.page("");
                            !page.isEmpty();
                            page = store.page(page.getLast())) {
                          for (String key : page) {
                            out.send(key);
                          }
                        }
                      });
              Receiver<Outcome> outcomes =
                  pipeline.map(
                      pipeline.until(keys, stop),
                      WORKERS,
                      key -> {
                        try {
                          store.delete(key);
                          return new Outcome.Deleted(key);
                        } catch (IOException e) {
                          return new Outcome.Failed(key, e);
                        }
                      });
              int deleted = 0;
              List<Outcome.Failed> failed = new ArrayList<>();
              for (Outcome outcome : outcomes) {
                switch (outcome) {
                  case Outcome.Deleted ignored -> deleted++;
                  case Outcome.Failed failure -> failed.add(failure);
                }
                if (failed.size() >= maxErrors) {
                  stop.cancel(); // begin nothing new; what has been begun still arrives here
                }
              }
              return new Report(deleted, failed, !stop.isDone());
            }
          });
    }

    @Test
    void deletesEverything() throws Exception {
      program(() -> {
        Store store = new Store(5_500);
        Report report = purge(Context.background(), store, 10);
        assertEquals(new Report(5_500, List.of(), true), report);
        assertTrue(store.keys.isEmpty());
      });
    }

    @Test
    void keepsGoingAndCountsEveryFailure() throws Exception {
      program(() -> {
        Store store = new Store(3_000);
        store.failEvery = 10;
        Report report = purge(Context.background(), store, Integer.MAX_VALUE);
        assertEquals(300, report.failed().size());
        assertEquals(2_700, report.deleted());
        assertTrue(report.complete());
        assertEquals(
            store.keys,
            report.failed().stream().map(Outcome.Failed::key).collect(Collectors.toSet()));
      });
    }

    @Test
    void stopsAfterSomeErrorsAndKnowsTheOutcomeOfEveryDelete() throws Exception {
      program(() -> {
        Store store = new Store(5_000);
        store.failEvery = 2;
        Report report = purge(Context.background(), store, 5);
        assertEquals(store.deletes.get(), report.deleted() + report.failed().size());
        assertEquals(5_000 - report.deleted(), store.keys.size());
        assertTrue(report.failed().size() >= 5);
        // Beyond the five: what was in flight, and what the two stages before held.
        assertTrue(report.failed().size() <= 5 + WORKERS + 2);
        assertFalse(report.complete());
      });
    }

    @Test
    void aFailedListingIsNotMistakenForTheEnd() throws Exception {
      program(() -> {
        Store store = new Store(5_000);
        store.failingPage = 3;
        Throwable thrown =
            assertThrows(
                    ExecutionException.class,
                    () -> purge(Context.background(), store, Integer.MAX_VALUE))
                .getCause();
        assertInstanceOf(IOException.class, thrown);
        assertEquals("503 at page 3", thrown.getMessage());
      });
    }

    @Test
    void stopsWhenItsContextIsCancelled() throws Exception {
      program(() -> {
        try (CancelContext context = Context.background().withCancel()) {
          Store store =
              new Store(5_000) {
                @Override
                void delete(String key) throws IOException {
                  super.delete(key);
                  if (deletes.get() >= 500) {
                    context.cancel();
                  }
                }
              };
          assertThrows(CancelledException.class, () -> purge(context, store, 10));
          assertTrue(store.keys.size() > 3_000);
        }
      });
    }
  }

  /** Orders fan out per authorization and challenge; the first success cancels the others. */
  @Nested
  final class CertificateOrders {
    private record Challenge(String identifier, String type) {}

    private sealed interface Attempt {
      record Valid(Challenge challenge) implements Attempt {}

      record Invalid(Challenge challenge, Exception why) implements Attempt {}
    }

    /** No challenge of an authorization succeeded: what each of them said is suppressed. */
    private static final class AuthorizationException extends Exception {
      private static final long serialVersionUID = 1;

      AuthorizationException(String identifier) {
        super("no valid challenge for " + identifier);
      }
    }

    private final Map<Challenge, Chan<Boolean>> checks = new ConcurrentHashMap<>();
    private final AtomicInteger cancelled = new AtomicInteger();

    private Chan<Boolean> check(String identifier, String type) {
      return checks.computeIfAbsent(
          new Challenge(identifier, type), challenge -> Chan.<Boolean>unbuffered());
    }

    /** Asks the network, here a channel, and answers when that does. */
    private void validate(Challenge challenge) throws Exception {
      try {
        if (!Boolean.TRUE.equals(check(challenge.identifier(), challenge.type()).receive())) {
          throw new NoSuchElementException(challenge.type() + ": not found");
        }
      } catch (InterruptedException e) {
        cancelled.incrementAndGet();
        throw e;
      }
    }

    /** The first challenge to succeed decides; the others are cancelled, and have ended. */
    private Challenge authorize(Context context, String identifier) throws Exception {
      List<Challenge> challenges =
          List.of(
              new Challenge(identifier, "http-01"),
              new Challenge(identifier, "dns-01"),
              new Challenge(identifier, "tls-alpn-01"));
      return Pipeline.call(
          context,
          race -> {
            AuthorizationException none = new AuthorizationException(identifier);
            Receiver<Attempt> attempts =
                race.map(
                    race.from(challenges),
                    challenges.size(),
                    challenge -> {
                      try {
                        validate(challenge);
                        return new Attempt.Valid(challenge);
                      } catch (NoSuchElementException e) {
                        return new Attempt.Invalid(challenge, e);
                      }
                    });
            for (Attempt attempt : attempts) {
              switch (attempt) {
                case Attempt.Valid valid -> {
                  return valid.challenge();
                }
                case Attempt.Invalid invalid -> none.addSuppressed(invalid.why());
              }
            }
            throw none;
          });
    }

    /** All authorizations at once; the first that fails cancels the order. */
    private List<Challenge> order(Context context, List<String> identifiers) throws Exception {
      return Pipeline.call(
          context,
          pipeline ->
              pipeline.collect(
                  pipeline.mapInOrder(
                      pipeline.from(identifiers),
                      identifiers.size(),
                      identifier -> authorize(pipeline.context(), identifier))));
    }

    @Test
    void theFirstValidChallengeOfEachAuthorizationCancelsTheOthers() throws Exception {
      program(() -> {
        Chan<List<Challenge>> result = Chan.buffered(1);
        Pipeline.run(
            Context.background(),
            pipeline -> {
              pipeline.go(
                  () -> result.send(order(pipeline.context(), List.of("a.example", "b.example"))));
              check("b.example", "dns-01").send(true);
              check("a.example", "tls-alpn-01").send(false);
              check("a.example", "http-01").send(true);
            });
        assertEquals(
            List.of(new Challenge("a.example", "http-01"), new Challenge("b.example", "dns-01")),
            result.receive());
        assertTrue(cancelled.get() <= 3);
      });
    }

    @Test
    void anAuthorizationWithoutAValidChallengeFailsTheOrder() throws Exception {
      program(() -> {
        ExecutionException failed =
            assertThrows(
                ExecutionException.class,
                () ->
                    Pipeline.run(
                        Context.background(),
                        pipeline -> {
                          pipeline.go(
                              () -> order(pipeline.context(), List.of("a.example", "b.example")));
                          for (String type : List.of("http-01", "dns-01", "tls-alpn-01")) {
                            check("b.example", type).send(false);
                          }
                        }));
        AuthorizationException thrown =
            assertInstanceOf(AuthorizationException.class, failed.getCause());
        assertEquals("no valid challenge for b.example", thrown.getMessage());
        assertEquals(3, thrown.getSuppressed().length);
      });
    }

    /** A worker of its own for each order, and what became of each in one place. */
    @Test
    void aFailedOrderDoesNotDisturbTheOthers() throws Exception {
      program(() -> {
        record Done(String identifier, Object outcome) {}
        Iterator<String> queue =
            IntStream.range(0, 50).mapToObj(i -> "site-" + i + ".example").iterator();
        List<Done> done =
            Pipeline.call(
                Context.background(),
                pipeline -> {
                  pipeline.generate(out -> {
                    for (int i = 0; i < 50; i++) {
                      boolean bad = i % 10 == 0;
                      for (String type : List.of("http-01", "dns-01", "tls-alpn-01")) {
                        Chan<Boolean> check = check("site-" + i + ".example", type);
                        if (bad) {
                          check.send(false);
                        }
                      }
                      if (!bad) {
                        check("site-" + i + ".example", "dns-01").send(true);
                      }
                    }
                  });
                  return pipeline.collect(
                      pipeline.map(
                          pipeline.from(queue),
                          50,
                          identifier -> {
                            try {
                              return new Done(
                                  identifier,
                                  order(pipeline.context(), List.of(identifier)).getFirst());
                            } catch (ExecutionException e) {
                              return new Done(identifier, e.getCause());
                            }
                          }));
                });
        assertEquals(50, done.size());
        assertEquals(5, done.stream().filter(one -> one.outcome() instanceof Exception).count());
      });
    }

    @Test
    void cancellingAnOrderEndsAllItsChecks() throws Exception {
      program(() -> {
        AtomicBoolean reached = new AtomicBoolean();
        try (CancelContext context = Context.background().withCancel()) {
          Exception thrown =
              assertThrows(
                  Exception.class,
                  () ->
                      Pipeline.run(
                          context,
                          pipeline -> {
                            pipeline.go(() -> order(pipeline.context(), List.of("a.example")));
                            check("a.example", "dns-01").send(false);
                            reached.set(true);
                            context.cancel();
                          }));
          assertInstanceOf(CancelledException.class, thrown);
        }
        assertTrue(reached.get());
      });
    }
  }
}
