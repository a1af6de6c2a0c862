package io.heddle.orders.pipeline;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.orders.Challenge;
import io.heddle.orders.ca.CertificateAuthority;
import io.heddle.orders.files.CertificateFolder;
import io.heddle.orders.files.Chain;
import io.heddle.orders.telemetry.Log;
import io.heddle.orders.telemetry.Metrics;
import io.heddle.preflight.ChallengeCheck;
import io.heddle.preflight.Limits;
import io.heddle.preflight.Preflight;
import io.heddle.queue.Queue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/** Pipelines that process the orders of one queue, as the workers of several processes do. */
final class RunningPipelines implements AutoCloseable {
  private final CancelContext context = Context.background().withCancel();
  private final List<Pipeline> pipelines = new ArrayList<>();
  private final List<Goroutine<?>> running = new ArrayList<>();

  /** The parts of a pipeline with one account and one check, of files. */
  static Pipeline.Parts parts(
      Queue queue,
      CertificateAuthority ca,
      ChallengeCheck check,
      CertificateFolder certificates,
      Chain.Verifier verifier) {
    return new Pipeline.Parts(
        queue,
        Accounts.one("account", ca, verifier),
        new Preflight(Map.of(Challenge.HTTP, check), List.of(), Limits.DEFAULT),
        certificates);
  }

  /** Starts some more. Each has parts of its own: workers share the queue and the certificates. */
  void start(int workers, Callable<Pipeline.Parts> make, Pipeline.Settings settings)
      throws Exception {
    for (int i = 0; i < workers; i++) {
      Pipeline.Parts parts = make.call();
      Pipeline pipeline = new Pipeline(parts, settings, Log.NONE, new Metrics(parts.queue()));
      pipelines.add(pipeline);
      running.add(Go.go(() -> pipeline.run(context)));
    }
  }

  /** All that were started. */
  List<Pipeline> all() {
    return pipelines;
  }

  /** Cancels all of them, and does not wait. */
  void cancel() {
    context.cancel();
  }

  /** Ends all of them, which must not have failed. */
  @Override
  public void close() {
    cancel();
    for (Goroutine<?> one : running) {
      assertDoesNotThrow(() -> one.join());
      assertNull(one.failure());
    }
  }
}
