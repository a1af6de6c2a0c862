package io.heddle.orders.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Select;
import io.heddle.orders.Authorization;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.ca.CertificateAuthority;
import io.heddle.orders.store.OrderJson;
import io.heddle.orders.telemetry.Log;
import io.heddle.orders.telemetry.Metrics;
import io.heddle.queue.Backoff;
import io.heddle.queue.Delivery;
import io.heddle.queue.LeaseLostException;
import io.heddle.queue.Message;
import io.heddle.queue.Outcome;
import io.heddle.queue.Queue;
import io.heddle.queue.QueueException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A worker that stands still, as a stopped process or a suspended machine does, before or after one
 * of its exchanges with the CA and the queue. It has the pipeline's own stages, and works on one
 * delivery after another.
 */
final class StoppableWorker {
  /** The calls that change something, or tell how far the CA is: a worker can stop at each. */
  private static final Set<String> EXCHANGES =
      Set.of(
          "account",
          "place",
          "deactivate",
          "authorization",
          "validate",
          "order",
          "finalizeOrder",
          "certificate",
          "publishWhileLeased",
          "retract",
          "hold",
          "settle");

  /** Soon enough for tests; a CA that is not done in this time is not done at all. */
  static final Polling POLLING =
      new Polling(
          8,
          Duration.ofMillis(10),
          Duration.ofMillis(500),
          Duration.ofMillis(50),
          Duration.ofMillis(500),
          100);

  /** What becomes of a worker that stood still. */
  enum Fate {
    /** It resumes as if nothing had happened. */
    GOES_ON,
    /** It does so when the order is issued. */
    GOES_ON_LATE,
    /** It makes the next exchange, and dies. */
    DIES_AFTER_THE_NEXT,
    /** It was stopped, and returned its order. */
    ENDS,
    /** The answer to its exchange was lost on the way; it has kept its lease. */
    HEARS_NO_ANSWER
  }

  /** What is wrong with a worker. */
  enum Mistake {
    /** Nothing. */
    NONE,
    /** A refusal is believed, and the CA not asked what it shows by then. */
    BELIEVES_A_REFUSAL,
    /** Places for failed validations are taken whoever has the order. */
    RESERVES_WITHOUT_A_LEASE,
    /** The order is handed on whoever has it. */
    SETTLES_WITHOUT_A_LEASE,
    /** An order's new state is reported before it is stored. */
    TELLS_BEFORE_IT_IS_STORED
  }

  private final Queue queue;
  private final Mistake mistake;
  private final String stop;
  private final Fate fate;
  private final Map<OrderState, Pipeline.Workplace> places = new EnumMap<>(OrderState.class);

  private final Chan<Boolean> stopped = Chan.buffered(1);
  private final Chan<Boolean> resumed = Chan.buffered(1);
  private final CancelContext context = Context.background().withCancel();
  private volatile boolean isDying;
  private volatile boolean isRefused;
  private Goroutine<?> goroutine;

  /** Who an exchange is about, by what the CA calls it. */
  private final Map<String, String> names = new ConcurrentHashMap<>();

  private final Map<String, Integer> calls = new ConcurrentHashMap<>();
  private final Map<Object, Object> seen = new ConcurrentHashMap<>();
  private final ByteArrayOutputStream lines = new ByteArrayOutputStream();

  /** Where it came by. */
  final List<String> points = new CopyOnWriteArrayList<>();

  /** What it made of its orders; the last one may not be stored. */
  final List<Outcome> outcomes = new CopyOnWriteArrayList<>();

  /** Makes one that stops at a point, or nowhere if that is empty. */
  StoppableWorker(Pipeline.Parts parts, Mistake mistake, String stop, Fate fate) {
    this.mistake = mistake;
    this.stop = stop;
    this.fate = fate;
    this.queue = stoppable(Queue.class, parts.queue());
    Pipeline.workplaces(
            new Pipeline.Parts(
                queue, stoppable(parts.accounts()), parts.preflight(), parts.folder()),
            Pipeline.Settings.DEFAULT.with(
                new Backoff(
                    Duration.ofMillis(1), Duration.ofMillis(1), 1000, Duration.ofMillis(1), 1000)),
            POLLING,
            new AccountHold(AccountHold.LOOK),
            Log.to(new PrintStream(lines, true, UTF_8)),
            new Metrics(parts.queue()))
        .forEach(place -> places.put(place.stage(), place));
  }

  String log() {
    return lines.toString(UTF_8);
  }

  /** Works on a delivery until it stands still, or is done; yields whether it stands still. */
  boolean start(Delivery delivery) throws InterruptedException {
    goroutine = Go.go("worker", () -> work(delivery));
    return Select.select(stopped.onReceive(_ -> true), goroutine.onJoin(_ -> false));
  }

  /** Ends the suspension as planned, and waits until the worker is done. */
  void resume() throws InterruptedException {
    switch (fate) {
      case DIES_AFTER_THE_NEXT -> isDying = true;
      case ENDS -> context.cancel();
      case GOES_ON, GOES_ON_LATE, HEARS_NO_ANSWER -> {}
    }
    resumed.trySend(true);
    goroutine.join();
    Throwable failure = goroutine.failure();
    if (failure != null) {
      throw new AssertionError("a worker failed", failure);
    }
  }

  private void work(Delivery delivery) throws Exception {
    try {
      workOn(delivery);
    } catch (InterruptedException e) {
      if (!isDying) {
        throw e;
      }
    }
  }

  private void workOn(Delivery delivery) throws Exception {
    Order order = OrderJson.read(delivery.body());
    for (Authorization one : order.authorizations()) {
      String name = one.domain().substring(0, 1);
      names.put(one.location().toString(), name);
      one.challenges().forEach(challenge -> names.put(challenge.location().toString(), name));
    }
    Pipeline.Workplace place = Objects.requireNonNull(places.get(OrderState.of(delivery.stage())));
    Outcome outcome;
    try {
      outcome = handle(place, delivery);
    } catch (LeaseLostException e) {
      place.events().lost(delivery);
      return;
    } catch (Exception e) {
      if (!context.isDone()) {
        throw e;
      }
      outcome = new Outcome.Defer(Duration.ZERO, "its worker ended"); // as a consumer does
    }
    outcomes.add(outcome);
    if (mistake == Mistake.TELLS_BEFORE_IT_IS_STORED) {
      place.events().settled(delivery, outcome, Duration.ZERO);
    }
    try {
      queue.settle(delivery, outcome);
    } catch (LeaseLostException e) {
      outcomes.removeLast();
      place.events().lost(delivery);
      if (mistake == Mistake.SETTLES_WITHOUT_A_LEASE && outcome instanceof Outcome.Done(var next)) {
        queue.publish(next);
      }
      return;
    }
    if (mistake != Mistake.TELLS_BEFORE_IT_IS_STORED) {
      place.events().settled(delivery, outcome, Duration.ZERO);
    }
  }

  /** On a goroutine that is interrupted when the worker is to end. */
  private Outcome handle(Pipeline.Workplace place, Delivery delivery) throws Exception {
    Chan<Object> result = Chan.buffered(1);
    Go.go(
        context,
        () -> {
          try {
            result.trySend(place.handler().handle(delivery, context));
          } catch (Throwable e) {
            result.trySend(e);
          }
        });
    return switch (Objects.requireNonNull(result.receive())) {
      case Outcome outcome -> outcome;
      case Exception e -> throw e;
      case Object other -> throw new AssertionError(other.toString());
    };
  }

  private Accounts stoppable(Accounts real) {
    return new Accounts() {
      @Override
      public String name(Order order) {
        return real.name(order);
      }

      @Override
      public Account of(Order order)
          throws CaException, IOException, QueueException, InterruptedException {
        Account account = real.of(order);
        return account == null
            ? null
            : new Account(
                account.id(),
                stoppable(CertificateAuthority.class, account.ca()),
                account.verifier());
      }
    };
  }

  private <T> T stoppable(Class<T> type, T real) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (_, method, arguments) -> call(real, method, arguments)));
  }

  private Object call(Object real, Method method, Object[] arguments) throws Throwable {
    if (!EXCHANGES.contains(method.getName())) {
      return invoke(real, method, arguments);
    }
    String about = method.getName() + about(arguments);
    String call = about + " " + calls.merge(about, 1, Integer::sum);
    pass("before " + call);
    Object answer;
    try {
      answer = exchange(real, method, arguments);
    } catch (CaException e) {
      pass("after " + call);
      throw e;
    }
    pass("after " + call);
    if (fate == Fate.HEARS_NO_ANSWER && stop.equals("after " + call)) {
      throw new CaException(
          CaException.Kind.TRANSIENT, Problem.of("ca-unreachable", "Lost", "cut off"), null, null);
    }
    return answer;
  }

  private String about(Object[] arguments) {
    Object last = arguments == null ? null : arguments[arguments.length - 1];
    String name =
        switch (last) {
          case URI location -> location.toString();
          case Challenge challenge -> challenge.location().toString();
          case Message place -> place.body();
          case null, default -> "";
        };
    return names.containsKey(name) ? " " + names.get(name) : "";
  }

  private void pass(String point) throws InterruptedException {
    points.add(point);
    if (point.equals(stop)) {
      stopped.trySend(true);
      resumed.receive();
    } else if (isDying && point.startsWith("after ")) {
      throw new InterruptedException("killed");
    }
  }

  /** Makes the call, or the mistake. */
  private Object exchange(Object real, Method method, Object[] arguments) throws Throwable {
    String name = method.getName();
    if (mistake == Mistake.RESERVES_WITHOUT_A_LEASE && name.equals("publishWhileLeased")) {
      @SuppressWarnings("unchecked")
      List<Message> places = (List<Message>) arguments[1];
      ((Queue) real).publish(places);
      return true;
    }
    boolean isLook = name.equals("authorization") || name.equals("order");
    if (isLook && isRefused && mistake == Mistake.BELIEVES_A_REFUSAL) {
      return seen.getOrDefault(
          arguments[0],
          new CertificateAuthority.OrderView(CertificateAuthority.Progress.PENDING, null, null));
    }
    try {
      Object answer = invoke(real, method, arguments);
      if (isLook) {
        seen.putIfAbsent(arguments[0], answer);
      }
      return answer;
    } catch (CaException e) {
      isRefused |= e.kind() == CaException.Kind.REFUSED;
      throw e;
    }
  }

  private static Object invoke(Object real, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(real, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
