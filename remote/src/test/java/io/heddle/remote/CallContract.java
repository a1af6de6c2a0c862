package io.heddle.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.DeadlineExceededException;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Select;
import io.heddle.TaskGroup;
import io.heddle.WaitGroup;
import io.heddle.remote.Remote.Settings;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What every backend with channels promises about calls. */
abstract class CallContract extends ChannelContract {
  private static final String TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  private static final Propagation NOTHING = Propagation.of();
  private static final Codec<Integer> NUMBER = Codec.of(number -> "" + number, Integer::valueOf);

  static Responder respond(Remote remote, Responder.Handler<String, String> handler)
      throws Exception {
    return remote.respond("jobs", TEXT, TEXT, NOTHING, handler);
  }

  static Caller<String, String> caller(Remote remote) throws Exception {
    return remote.caller("jobs", TEXT, TEXT, NOTHING);
  }

  static CancelContext timed() {
    return Context.background().withTimeout(LONG);
  }

  static UnknownOutcomeException assertUnknown(Goroutine<Throwable> call) throws Exception {
    return assertInstanceOf(UnknownOutcomeException.class, call.await());
  }

  /** Calls in another goroutine, whose result is the exception. */
  static Goroutine<Throwable> failing(Caller<String, String> caller, Context context) {
    return Go.go(() ->
        assertThrows(
            Throwable.class, () -> caller.call(context, Message.of("hello").withId("order-7"))));
  }

  /** A handler that waits until it is cancelled, and says how its context has ended. */
  static final class Waiting implements Responder.Handler<String, String> {
    final Chan<Boolean> begun = Chan.buffered(10);
    final Chan<ContextException> ends = Chan.buffered(10);

    @Override
    public String handle(Request<String> request) throws Exception {
      begun.send(true);
      Select.select(request.context().onDone());
      ContextException end = request.context().error();
      assertNotNull(end);
      ends.send(end);
      throw end;
    }

    void assertCancelled() throws Exception {
      ContextException end = ends.receive();
      assertNotNull(end);
      assertFalse(end instanceof DeadlineExceededException, end::toString);
    }
  }

  @Test
  void aCallReturnsTheReplyOfItsHandler() throws Exception {
    respond(remote(), request -> request.value() + " " + request.id() + request.header("h"));
    Caller<String, String> caller = caller(remote());
    try (CancelContext context = timed()) {
      Message<String> request = Message.of("ä€😀\n\n\"'\\%").withId("5 %+\né").withHeader("h", "!");
      for (int i = 0; i < 2; i++) { // the id is the caller's affair
        assertEquals("ä€😀\n\n\"'\\% 5 %+\né!", caller.call(context, request));
      }
    }
  }

  @Test
  void theDeadlineTheTraceAndPermittedBaggageReachTheHandler() throws Exception {
    Propagation propagation = Propagation.of("tenant");
    remote()
        .respond(
            "jobs",
            TEXT,
            TEXT,
            Propagation.of("tenant", "password"),
            request -> {
              Context context = request.context();
              assertEquals(context.deadline(), Context.current().deadline());
              return context.deadline()
                  + " "
                  + context.value(Propagation.TRACEPARENT)
                  + " "
                  + context.value(Propagation.BAGGAGE);
            });
    try (CancelContext context =
        Context.background()
            .withValue(Propagation.TRACEPARENT, TRACE)
            .withValue(Propagation.BAGGAGE, Map.of("tenant", "a b", "password", "secret"))
            .withTimeout(LONG)) {
      Caller<String, String> caller = remote().caller("jobs", TEXT, TEXT, propagation);
      String[] reply = caller.call(context, "hello").split(" ", 2);
      assertEquals(TRACE + " {tenant=a b}", reply[1]);
      Instant own = context.deadline();
      assertNotNull(own);
      Duration difference = Duration.between(own, Instant.parse(reply[0])).abs();
      assertTrue(difference.compareTo(Duration.ofSeconds(30)) < 0, difference::toString);
    }
  }

  @Test
  void aFailureReachesTheCaller() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    Remote remote = remote(Settings.DEFAULT.withCredit(1));
    remote.respond(
        "jobs",
        NUMBER,
        TEXT,
        NOTHING,
        request -> {
          runs.incrementAndGet();
          return switch (request.value()) {
            case 1 -> throw new IllegalStateException("no such image\0");
            case 2 -> throw new StackOverflowError("too deep");
            case 3 -> "with \0";
            default -> "fine";
          };
        });
    Caller<String, String> caller = caller(remote());
    try (CancelContext context = timed()) {
      Map<String, String> failures =
          Map.of(
              "1", "failed there: java.lang.IllegalStateException: no such image?",
              "2", "failed there: java.lang.StackOverflowError: too deep",
              "3", "the reply cannot be encoded",
              "x", "the request cannot be decoded: java.lang.NumberFormatException");
      for (Map.Entry<String, String> failure : failures.entrySet()) {
        CallFailedException e =
            assertThrows(CallFailedException.class, () -> caller.call(context, failure.getKey()));
        assertTrue(e.getMessage().contains(failure.getValue()), e::getMessage);
        assertTrue(e.getMessage().contains("service jobs in "), e::getMessage);
      }
      assertEquals("fine", caller.call(context, "4"));
      Caller<String, Integer> other = remote.caller("jobs", TEXT, NUMBER, NOTHING);
      CallFailedException undecodable =
          assertThrows(CallFailedException.class, () -> other.call(context, "5"));
      String said = undecodable.getMessage();
      assertTrue(said.contains("was handled: its reply cannot be decoded"), said);
    }
    assertEquals(5, runs.get());
  }

  @Test
  void theEndOfTheCallersContextCancelsTheHandler() throws Exception {
    Waiting handler = new Waiting();
    respond(remote(), handler);
    try (CancelContext context = timed()) {
      Goroutine<Throwable> call = failing(caller(remote()), context);
      handler.begun.receive();
      context.cancel();
      UnknownOutcomeException unknown = assertUnknown(call);
      assertEquals("order-7", unknown.id());
      assertInstanceOf(ContextException.class, unknown.getCause());
      handler.assertCancelled();
    }
  }

  @Test
  void anInterruptOfTheCallerCancelsTheHandler() throws Exception {
    Waiting handler = new Waiting();
    respond(remote(), handler);
    Caller<String, String> caller = caller(remote());
    try (CancelContext context = timed()) {
      Goroutine<Boolean> call =
          Go.go(() -> {
            assertThrows(UnknownOutcomeException.class, () -> caller.call(context, "hello"));
            return Thread.interrupted();
          });
      handler.begun.receive();
      call.cancel();
      assertTrue(call.await());
      handler.assertCancelled();
    }
  }

  @Test
  void aCallerThatIsClosedLeavesTheOutcomeUnknown() throws Exception {
    Waiting handler = new Waiting();
    respond(remote(), handler);
    Caller<String, String> caller = caller(remote());
    try (CancelContext context = timed()) {
      Goroutine<Throwable> call = failing(caller, context);
      handler.begun.receive();
      caller.close();
      caller.close();
      String said = String.valueOf(assertUnknown(call).getMessage());
      assertTrue(said.contains("the caller was closed"), said);
      RemoteException closed =
          assertThrows(RemoteException.class, () -> caller.call(context, "more"));
      assertTrue(closed.getMessage().contains("Open another one"), closed::getMessage);
    }
  }

  @Test
  void aClosedConnectionStopsItsHandlers() throws Exception {
    Waiting handler = new Waiting();
    Remote remote = remote();
    Remote responding = remote();
    respond(responding, handler);
    try (CancelContext context = timed()) {
      Goroutine<Throwable> call = failing(caller(remote), context);
      handler.begun.receive();
      responding.close();
      handler.assertCancelled();
      assertUnknown(call);
    }
  }

  @Test
  void aClosedResponderFinishesItsWork() throws Exception {
    Chan<Boolean> begun = Chan.buffered(1);
    Chan<Boolean> mayEnd = Chan.buffered(1);
    Responder responder =
        respond(
            remote(),
            _ -> {
              begun.send(true);
              mayEnd.receive();
              return "done";
            });
    Caller<String, String> caller = caller(remote());
    try (CancelContext context = timed()) {
      Goroutine<String> call = Go.go(() -> caller.call(context, "hello"));
      begun.receive();
      Goroutine<Void> closing = Go.go(responder::close);
      mayEnd.send(true);
      closing.join();
      assertEquals("done", call.await());
    }
  }

  @Test
  void respondersShareRequestsAndCreditBoundsThem() throws Exception {
    Set<String> got = new ConcurrentSkipListSet<>();
    WaitGroup both = new WaitGroup();
    both.add(2);
    AtomicInteger busy = new AtomicInteger();
    for (String name : List.of("a", "b")) {
      respond(
          remote(Settings.DEFAULT.withCredit(1)),
          _ -> {
            assertTrue(busy.incrementAndGet() <= 2);
            if (got.add(name)) {
              both.done();
              both.await(); // the other one has to take part
            }
            Go.gosched();
            busy.decrementAndGet();
            return name;
          });
    }
    Caller<String, String> caller = caller(remote());
    try (CancelContext context = timed();
        TaskGroup<Void> calls = new TaskGroup<>()) {
      for (int i = 0; i < 6; i++) {
        calls.go(() -> got.add(caller.call(context, "hello") + " replied"));
      }
      calls.await();
    }
    assertEquals(Set.of("a", "a replied", "b", "b replied"), new TreeSet<>(got));
  }

  @Test
  void aResponderThatDiesLeavesTheOutcomeUnknown() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    Chan<Boolean> begun = Chan.buffered(10);
    Chan<Boolean> mayEnd = Chan.buffered(10);
    Responder.Handler<String, String> handler =
        _ -> {
          runs.incrementAndGet();
          begun.send(true);
          while (true) { // as if its process were suspended
            try {
              return "" + mayEnd.receive();
            } catch (InterruptedException e) {
              // it does not stop
            }
          }
        };
    Remote suspended = remote(Settings.DEFAULT.withLease(lostLease()));
    respond(suspended, handler);
    Caller<String, String> caller = caller(remote(Settings.DEFAULT.withLease(nextLease())));
    try (CancelContext context = timed()) {
      Goroutine<Throwable> call = failing(caller, context);
      begun.receive();
      suspended.suspend();
      Remote next = remote(Settings.DEFAULT.withLease(nextLease()));
      Responder second = respond(next, handler);
      UnknownOutcomeException unknown = assertUnknown(call);
      assertTrue(unknown.getMessage().contains("has died or lost its lease"), unknown::getMessage);
      mayEnd.send(true);
      second.close();
      assertEquals(1, runs.get());
    }
  }

  @Test
  void aCallWithoutAResponderEndsAtItsDeadlineAndIsNotHandledLater() throws Exception {
    Caller<String, String> caller = caller(remote());
    try (CancelContext brief = Context.background().withTimeout(Duration.ofMillis(300));
        CancelContext context = timed()) {
      Message<String> request = Message.of("brief").withId("order-7");
      Throwable e = assertThrows(Throwable.class, () -> caller.call(brief, request));
      if (!(e instanceof ContextException)) { // the machine was too slow to send it
        String said = assertInstanceOf(UnknownOutcomeException.class, e).getMessage();
        assertInstanceOf(DeadlineExceededException.class, e.getCause());
        assertTrue(said.contains("No responder has reported it: check that one runs"), said);
        assertTrue(said.contains("The request order-7 may have been handled"), said);
      }
      Set<String> handled = new ConcurrentSkipListSet<>();
      respond(
          remote(Settings.DEFAULT.withCredit(1)),
          request2 -> {
            handled.add(request2.value());
            return "";
          });
      assertEquals("", caller.call(context, "long"));
      assertEquals(Set.of("long"), handled);
      assertThrows(ContextException.class, () -> caller.call(brief, "late"));
    }
  }

  @Test
  void whatIsNoRequestDoesNotDisturb() throws Exception {
    Remote remote = remote(Settings.DEFAULT.withCredit(1));
    outlet(remote).send("no request");
    outlet(remote)
        .send(
            Message.of("malformed")
                .withId(UUID.randomUUID().toString())
                .withHeader("Heddle-Caller", UUID.randomUUID().toString())
                .withHeader("Heddle-Request", "%zz")
                .withHeader("Heddle-Timeout", "100000"));
    outlet(remote)
        .send(
            Message.of("to all")
                .withHeader("Heddle-Caller", ">")
                .withHeader("Heddle-Request", "x")
                .withHeader("Heddle-Timeout", "100000"));
    Set<String> handled = new ConcurrentSkipListSet<>();
    Responder responder =
        respond(
            remote,
            request -> {
              handled.add(request.value());
              return "";
            });
    try (CancelContext context = timed()) {
      caller(remote()).call(context, "good");
    }
    responder.close();
    assertEquals(Set.of("good"), handled);
    assertEquals(
        Set.of("no request", "to all"),
        new TreeSet<>(
            remote.deadLetters("jobs").list(0, 10).stream()
                .map(DeadLetters.Letter::text)
                .toList()));
    assertNull(responder.failure());
  }

  @Test
  void whatCannotBeCalledIsRefused() throws Exception {
    Remote remote = remote();
    Caller<String, String> caller = caller(remote);
    IllegalArgumentException endless =
        assertThrows(
            IllegalArgumentException.class, () -> caller.call(Context.background(), "hello"));
    assertTrue(endless.getMessage().contains("withTimeout"), endless::getMessage);
    try (CancelContext context = timed()) {
      Message<String> delayed = Message.of("hello").after(SHORT);
      assertThrows(IllegalArgumentException.class, () -> caller.call(context, delayed));
      Thread.currentThread().interrupt();
      assertThrows(InterruptedException.class, () -> caller.call(context, "hello"));
      outlet(remote).end();
      assertThrows(ChannelEndedException.class, () -> caller.call(context, "hello"));
    }
  }
}
