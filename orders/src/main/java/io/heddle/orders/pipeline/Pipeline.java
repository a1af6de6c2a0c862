package io.heddle.orders.pipeline;

import io.heddle.Context;
import io.heddle.ErrGroup;
import io.heddle.orders.OrderState;
import io.heddle.orders.ca.CertificateAuthority;
import io.heddle.orders.check.Preflight;
import io.heddle.orders.files.CertificateFolder;
import io.heddle.orders.files.Chain;
import io.heddle.orders.queue.Backoff;
import io.heddle.orders.queue.Consumer;
import io.heddle.orders.queue.Outcome;
import io.heddle.orders.queue.Queue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;

/**
 * The pipeline: submitted → checking → validating → finalizing → issued. Each stage is a consumer
 * of its queue, with so many goroutines; what one stage has done is in the next one's queue when it
 * is done. No goroutine waits for an order that is not due.
 */
public final class Pipeline {
  private final List<Consumer> consumers = new ArrayList<>();

  /**
   * What a pipeline works with.
   *
   * @param queue where the orders are
   * @param ca who certifies
   * @param preflight checks challenges
   * @param folder where keys and certificates go
   * @param verifier verifies chains
   */
  public record Parts(
      Queue queue,
      CertificateAuthority ca,
      Preflight preflight,
      CertificateFolder folder,
      Chain.Verifier verifier) {}

  /**
   * How a pipeline works.
   *
   * @param consumer how each stage takes orders from the queue
   * @param backoff when an order that is not ready is tried again
   * @param margin how long before its expiry at the CA an order is tried for the last time
   * @param types the types of challenges that are checked and used
   * @param validity how long a passed check counts while other domains are not ready
   * @param failures how many validations of a host may fail in an hour
   * @param retention how long issued orders are remembered
   */
  public record Settings(
      Consumer.Settings consumer,
      Backoff backoff,
      Duration margin,
      Set<String> types,
      Duration validity,
      int failures,
      Duration retention) {
    /** What suits Let's Encrypt. */
    public static final Settings DEFAULT =
        new Settings(
            Consumer.Settings.DEFAULT,
            Backoff.ORDERS,
            Duration.ofMinutes(10),
            Set.of("http-01", "dns-01", "tls-alpn-01"),
            Duration.ofHours(1),
            4, // one less than the CA's limit, for failures that it counts and we never see
            Duration.ofDays(90));

    /**
     * The same with all times of orders multiplied, for tries.
     *
     * @param factor by what
     * @return other settings
     */
    public Settings scaled(double factor) {
      return new Settings(
          consumer,
          backoff.scaled(factor),
          Duration.ofNanos((long) (margin.toNanos() * factor)),
          types,
          validity,
          failures,
          retention);
    }

    /**
     * Another way to take orders from the queue.
     *
     * @param changed how
     * @return other settings
     */
    public Settings with(Consumer.Settings changed) {
      return new Settings(changed, backoff, margin, types, validity, failures, retention);
    }

    /**
     * Another back-off.
     *
     * @param changed when an order is tried again
     * @return other settings
     */
    public Settings with(Backoff changed) {
      return new Settings(consumer, changed, margin, types, validity, failures, retention);
    }
  }

  /**
   * Makes a pipeline.
   *
   * @param parts what it works with
   * @param settings how it works
   * @param log is told what happens
   * @param metrics counts it
   */
  public Pipeline(Parts parts, Settings settings, Log log, Metrics metrics) {
    this(parts, settings, Polling.STANDARD, log, metrics);
  }

  Pipeline(Parts parts, Settings settings, Polling polling, Log log, Metrics metrics) {
    Retries retries = new Retries(settings.backoff, settings.margin);
    CaPause pause = new CaPause();
    FailedValidations failures =
        new FailedValidations(parts.queue, settings.failures, Duration.ofHours(1));
    List<Stage> stages =
        List.of(
            new CreateStage(parts.ca),
            new CheckStage(parts.preflight, settings.types, settings.validity, retries, metrics),
            new ValidateStage(parts.ca, failures, retries, polling),
            new FinalizeStage(parts.ca, parts.folder, parts.verifier, retries, polling));
    for (Stage stage : stages) {
      Events events = new Events(stage.state(), log, metrics);
      StageHandler handler = new StageHandler(stage, retries, pause, settings.retention, events);
      consumers.add(
          new Consumer(parts.queue, stage.state().label(), settings.consumer, handler, events));
    }
    // What is due in these is over: a place that is free again, an order that is to be forgotten.
    for (String over : List.of(FailedValidations.STAGE, OrderState.ISSUED.label())) {
      consumers.add(
          new Consumer(
              parts.queue,
              over,
              settings.consumer.withConcurrency(1),
              (_, _) -> Outcome.done(),
              new Events(OrderState.ISSUED, log, metrics)));
    }
  }

  /**
   * Works until the context is done, then lets what is under way come to an end, for as long as the
   * settings say, and returns.
   *
   * @param context says when to end
   * @throws InterruptedException if the calling goroutine is interrupted; it drains all the same
   */
  public void run(Context context) throws InterruptedException {
    ErrGroup group = new ErrGroup();
    for (Consumer consumer : consumers) {
      group.go(() -> consumer.run(context));
    }
    try {
      group.await();
    } catch (ExecutionException e) {
      if (!context.isDone()) {
        throw new IllegalStateException("a stage ended", e.getCause());
      }
    }
  }
}
