package io.heddle.orders.pipeline;

import io.heddle.Context;
import io.heddle.TaskGroup;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.files.CertificateFolder;
import io.heddle.orders.notify.Notifications;
import io.heddle.orders.store.OrderJson;
import io.heddle.orders.store.OrderStore;
import io.heddle.orders.store.Ownership;
import io.heddle.orders.store.Quotas;
import io.heddle.orders.store.RenewalPlan;
import io.heddle.orders.store.Revocation;
import io.heddle.orders.telemetry.Events;
import io.heddle.orders.telemetry.Log;
import io.heddle.orders.telemetry.Metrics;
import io.heddle.orders.telemetry.RenewalEvents;
import io.heddle.preflight.Preflight;
import io.heddle.queue.Backoff;
import io.heddle.queue.Consumer;
import io.heddle.queue.Delivery;
import io.heddle.queue.Handler;
import io.heddle.queue.Message;
import io.heddle.queue.Outcome;
import io.heddle.queue.Queue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The pipeline: submitted → checking → validating → finalizing → issued. Each stage is a consumer
 * of its queue, with several goroutines. When a stage has finished an order, the order is in the
 * next stage's queue. No goroutine waits for an order that is not due.
 */
public final class Pipeline {
  /** An hour, plus the longest time from the beginning of a validation to its failure. */
  private static final Duration FAILURE_WINDOW = Duration.ofMinutes(65);

  private static final Duration FALLBACK = Duration.ofMinutes(10);

  private final List<Consumer> consumers = new ArrayList<>();
  private final AccountHold account;

  /**
   * The parts of a pipeline.
   *
   * @param queue the queue with the orders
   * @param accounts the accounts at the CA
   * @param folder the folder for keys and certificates
   * @param notifications which receivers are notified of orders
   */
  public record Parts(
      Queue queue,
      Accounts accounts,
      Preflight preflight,
      CertificateFolder folder,
      Notifications notifications) {
    /**
     * The parts of a pipeline without notifications.
     *
     * @param queue the queue with the orders
     * @param accounts the accounts at the CA
     * @param folder the folder for keys and certificates
     */
    public Parts(Queue queue, Accounts accounts, Preflight preflight, CertificateFolder folder) {
      this(queue, accounts, preflight, folder, Notifications.NONE);
    }

    /** The same parts with notifications. */
    public Parts with(Notifications others) {
      return new Parts(queue, accounts, preflight, folder, others);
    }
  }

  /**
   * The settings of a pipeline.
   *
   * @param consumer how each stage takes orders from the queue
   * @param backoff when to retry an order that is not ready
   * @param margin how long before its expiry at the CA an order is tried for the last time
   * @param types the types of challenges that are checked and used
   * @param validity how long a passed check is valid, while other domains are not ready and while
   *     the CA cannot be asked
   * @param failures how many validations of a host may fail in an hour
   * @param retention how long issued orders are remembered at least; longer if their certificates
   *     are valid for longer
   * @param renewals when certificates are renewed
   * @param fallback how long an order waits for a CA that does not serve it, before it moves to
   *     another one
   */
  public record Settings(
      Consumer.Settings consumer,
      Backoff backoff,
      Duration margin,
      Set<String> types,
      Duration validity,
      int failures,
      Duration retention,
      Renewals renewals,
      Duration fallback) {
    /**
     * Settings for which a CA is unavailable after ten minutes.
     *
     * @param consumer how each stage takes orders from the queue
     * @param backoff when to retry an order that is not ready
     * @param margin how long before its expiry at the CA an order is tried for the last time
     * @param types the types of challenges that are checked and used
     * @param validity how long a passed check is valid
     * @param failures how many validations of a host may fail in an hour
     * @param retention how long issued orders are remembered at least
     * @param renewals when certificates are renewed
     */
    public Settings(
        Consumer.Settings consumer,
        Backoff backoff,
        Duration margin,
        Set<String> types,
        Duration validity,
        int failures,
        Duration retention,
        Renewals renewals) {
      this(consumer, backoff, margin, types, validity, failures, retention, renewals, FALLBACK);
    }

    /** Settings for Let's Encrypt. */
    public static final Settings DEFAULT =
        new Settings(
            Consumer.Settings.DEFAULT,
            Backoff.ORDERS,
            Duration.ofMinutes(10),
            Set.of("http-01", "dns-01", "tls-alpn-01"),
            Duration.ofHours(1),
            4, // one less than the CA's limit, for failures that the CA counts and Heddle misses
            Duration.ofDays(90),
            Renewals.DEFAULT);

    /** The same settings with all times of orders multiplied, for demonstrations. */
    public Settings scaled(double factor) {
      return new Settings(
          consumer,
          backoff.scaled(factor),
          Duration.ofNanos((long) (margin.toNanos() * factor)),
          types,
          validity,
          failures,
          retention,
          renewals.scaled(factor),
          Duration.ofNanos((long) (fallback.toNanos() * factor)));
    }

    /** The same settings with another way to take orders from the queue. */
    public Settings with(Consumer.Settings changed) {
      return new Settings(
          changed, backoff, margin, types, validity, failures, retention, renewals, fallback);
    }

    /**
     * The same settings with another back-off.
     *
     * @param changed when to retry an order
     */
    public Settings with(Backoff changed) {
      return new Settings(
          consumer, changed, margin, types, validity, failures, retention, renewals, fallback);
    }

    /**
     * The same settings with other renewals.
     *
     * @param changed when certificates are renewed
     */
    public Settings with(Renewals changed) {
      return new Settings(
          consumer, backoff, margin, types, validity, failures, retention, changed, fallback);
    }

    /** The same settings, except for how long an order waits for a CA. */
    public Settings withFallbackAfter(Duration time) {
      return new Settings(
          consumer, backoff, margin, types, validity, failures, retention, renewals, time);
    }
  }

  /** Makes a pipeline. */
  public Pipeline(Parts parts, Settings settings, Log log, Metrics metrics) {
    this(parts, settings, Polling.STANDARD, AccountHold.LOOK, log, metrics);
  }

  Pipeline(
      Parts parts, Settings settings, Polling polling, Duration look, Log log, Metrics metrics) {
    account = new AccountHold(look);
    for (Workplace one : workplaces(parts, settings, polling, account, log, metrics)) {
      consumers.add(
          new Consumer(parts.queue, one.stage.label(), settings.consumer, one.handler, one.events));
    }
    consumers.addAll(parts.notifications.consumers(parts.queue, settings.consumer, log, metrics));
    RenewalEvents renewing = new RenewalEvents(log, metrics);
    OrderStore store = new OrderStore(parts.queue);
    consumers.add(
        new Consumer(
            parts.queue,
            RenewalPlan.STAGE,
            settings.consumer,
            new RenewalStage(parts.accounts, store, settings.renewals, renewing),
            renewing));
    consumers.add(
        new Consumer(
            parts.queue,
            Revocation.STAGE,
            settings.consumer,
            new RevocationStage(parts.accounts, store, parts.folder, renewing),
            renewing));
    // These messages are due when they are over: a slot is free again, or data can be deleted.
    List<String> done = new ArrayList<>(Quotas.RECEIPTS);
    done.addAll(
        List.of(
            FailedValidations.STAGE, Ownership.STAGE, Ownership.DISOWNED, OrderStore.REFERENCE));
    Map<String, Handler> endings = new HashMap<>();
    done.forEach(stage -> endings.put(stage, (_, _) -> Outcome.done()));
    endings.put(
        OrderState.ISSUED.label(),
        (delivery, _) -> {
          if (isDead(delivery)) { // its certificate was revoked, and the order is replayed
            return Outcome.done(
                new Message(OrderState.SUBMITTED.label(), delivery.key(), delivery.body())
                    .ownedBy(delivery.owner()));
          }
          parts.folder.delete(delivery.key());
          return Outcome.done();
        });
    endings.put(
        OrderStore.PURGED,
        (delivery, _) -> {
          if (store.find(delivery.body()) == null) { // it may have been submitted again
            parts.folder.delete(delivery.body());
          }
          return Outcome.done();
        });
    endings.forEach((over, handler) ->
        consumers.add(
            new Consumer(
                parts.queue,
                over,
                settings.consumer.withConcurrency(1),
                handler,
                new Events(OrderState.ISSUED, log, metrics))));
  }

  private static boolean isDead(Delivery issued) {
    try {
      return OrderJson.read(issued.body()).state() == OrderState.DEAD;
    } catch (IllegalArgumentException e) { // it cannot be read, and its time is over
      return false;
    }
  }

  /**
   * A stage with the parts that its consumer needs.
   *
   * @param events notifies the log and the metrics
   */
  record Workplace(OrderState stage, StageHandler handler, Events events) {}

  /** The stages in order. They share their knowledge about the CA. */
  static List<Workplace> workplaces(
      Parts parts, Settings settings, Polling polling, AccountHold hold, Log log, Metrics metrics) {
    Retries retries = new Retries(settings.backoff, settings.margin);
    Fallback fallback = new Fallback(parts.accounts, settings.fallback, hold.look());
    FailedValidations failures =
        new FailedValidations(parts.queue, settings.failures, FAILURE_WINDOW);
    Ownership ownership = new Ownership(parts.queue);
    Map<OrderState, StageHandler.Stages> stages = new EnumMap<>(OrderState.class);
    Events placing = new Events(OrderState.SUBMITTED, log, metrics);
    stages.put(
        OrderState.SUBMITTED, account -> new CreateStage(account, ownership, retries, placing));
    Stage check =
        new CheckStage(parts.preflight, settings.types, settings.validity, retries, metrics);
    stages.put(OrderState.CHECKING, _ -> check);
    stages.put(
        OrderState.VALIDATING,
        account -> new ValidateStage(account.ca(), failures, settings.validity, retries, polling));
    stages.put(
        OrderState.FINALIZING,
        account ->
            new FinalizeStage(account.ca(), parts.folder, account.verifier(), retries, polling));
    List<Workplace> all = new ArrayList<>();
    stages.forEach((state, stage) -> {
      Events events = new Events(state, log, metrics);
      StageHandler handler =
          new StageHandler(
              state,
              stage,
              parts.accounts,
              ownership,
              retries,
              polling,
              fallback,
              hold,
              settings.retention,
              settings.renewals,
              parts.notifications,
              events);
      all.add(new Workplace(state, handler, events));
    });
    return all;
  }

  /**
   * Why orders wait although there is no problem with them: the CA does not serve the account. Says
   * what the operator should do; null if the CA serves it.
   */
  public @Nullable Problem refusal() {
    return account.problem();
  }

  /**
   * Works until the context is done, then lets the work in progress finish, within the time of the
   * settings, and returns.
   *
   * @throws InterruptedException if the calling goroutine is interrupted; it drains in this case,
   *     too
   */
  public void run(Context context) throws InterruptedException {
    try (TaskGroup<Void> group = new TaskGroup<>(Context.background())) {
      for (Consumer consumer : consumers) {
        group.go(() -> consumer.run(context));
      }
      group.await();
    } catch (ExecutionException e) {
      if (!context.isDone()) {
        throw new IllegalStateException("a stage ended", e.getCause());
      }
    }
  }
}
