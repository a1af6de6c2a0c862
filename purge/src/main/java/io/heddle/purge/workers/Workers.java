package io.heddle.purge.workers;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import io.heddle.purge.engine.Ending;
import io.heddle.purge.engine.Plan;
import io.heddle.purge.engine.Progress;
import io.heddle.purge.engine.Purge;
import io.heddle.purge.engine.Selection;
import io.heddle.purge.engine.Share;
import io.heddle.purge.engine.Summary;
import io.heddle.purge.stores.NatsServers;
import io.nats.client.Message;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Works on a job together with other processes, which call this with the same arguments. No process
 * directs the others: whatever one of them has to do, any other does if it is missing.
 *
 * <ol>
 *   <li>The first process divides the selection into parts, and writes them down. If several do,
 *       one compare-and-set succeeds, and the others take the winner's parts.
 *   <li>Each process puts a message for each part into the queue. The queue accepts one message for
 *       a part.
 *   <li>A process receives a message, takes the part ({@link HeldPart}), deletes its keys, and
 *       removes the message when the part's end is written down. Meanwhile it tells the queue that
 *       it is alive. If it does not for the time of the lease, another process receives the message
 *       and continues.
 *   <li>When the queue is empty, any process puts in the message for the last part, the whole
 *       selection. When this has ended, so has the job.
 * </ol>
 *
 * <p>A part whose keys are deleted twice does no harm: the keys are gone the second time.
 */
public final class Workers {
  private static final String JOB = "job";

  /** The name of a message: the number of the job, and that of the part. */
  private static final Pattern MESSAGE = Pattern.compile("(\\d{1,18})-(\\d{1,9})");

  /** How long to wait for a message before looking whether the job has ended. */
  private static final Duration LOOK = Duration.ofMillis(500);

  private static final Duration BEAT = Duration.ofSeconds(1);

  /** How many processes may give a part back because of an error before the job ends. */
  private static final int MOST_FAILURES = 3;

  /** How many processes may die while they hold a part before the job ends. */
  private static final int MOST_DEATHS = 10;

  private static final Duration AFTER_FAILURE = Duration.ofSeconds(5);

  private static final Summary NOTHING = new JobSummary(List.of(), null, Duration.ZERO).total();

  private final Coordinator coordinator;
  private final Store store;
  private final Plan plan;
  private final Settings settings;
  private final WorkersListener listener;
  private final String worker;
  private final long start = Go.nanoTime();

  /**
   * How to work together.
   *
   * @param servers the servers that the processes have in common
   * @param job the name of the job
   * @param worker the name of this process, for people
   * @param lease how long a process may be silent before others take its part over
   * @param parts how many parts are wanted for a large store
   * @param options the options of the store's client that all processes must have in common, as
   *     text
   */
  public record Settings(
      NatsServers servers, String job, String worker, Duration lease, int parts, String options) {}

  private Workers(
      Coordinator coordinator,
      Store store,
      Plan plan,
      Settings settings,
      WorkersListener listener) {
    this.coordinator = coordinator;
    this.store = store;
    this.plan = plan;
    this.settings = settings;
    this.listener = listener;
    long random = ThreadLocalRandom.current().nextLong(1L << 32);
    this.worker = settings.worker + "-" + Long.toString(random, Character.MAX_RADIX);
  }

  /**
   * Works on a job, which is made if it does not exist, and waits for its end.
   *
   * @param context cancels the work of this process; the others continue. If it is done before this
   *     process has joined the job, this throws the context's exception
   * @param plan which keys, and how; its rate is that of all processes together
   * @throws StoreException if the servers or the store cannot be reached, or if the job is about
   *     other keys, or with other options
   */
  public static JobSummary run(
      Context context, Store store, Plan plan, Settings settings, WorkersListener listener)
      throws StoreException, InterruptedException {
    try (Coordinator coordinator = Coordinator.open(settings.servers, settings.job)) {
      return new Workers(coordinator, store, plan, settings, listener).run(context);
    }
  }

  private JobSummary run(Context context) throws StoreException, InterruptedException {
    Job job = join(context);
    coordinator.listen(settings.lease); // that of the job, as has been checked
    coordinator.publish(missing(job));
    LeasedPace pace = new LeasedPace(coordinator, pace(job), job.rate());
    Moment failing = null; // the first failure in a row
    Summary own = null;
    while (own == null && job.ended() == null) {
      try {
        own = reason(context);
        if (own == null) {
          own = step(job, pace, context);
        }
        Job now = read();
        if (now == null || now.run() != job.run()) {
          throw gone();
        }
        check(now);
        if (now.rate() != job.rate()) {
          pace = new LeasedPace(coordinator, pace(now), now.rate());
        }
        job = now;
        failing = null;
      } catch (StoreException e) {
        failing = failing == null ? Moment.now() : failing;
        if (!e.kind().isRetryable() || failing.isOver(settings.lease, Moment.now())) {
          throw e;
        }
        Go.sleep(LOOK);
      }
    }
    return summary(job, own);
  }

  /** Works on the next part, if there is one; returns why this process leaves, null if it stays. */
  private @Nullable Summary step(Job job, LeasedPace pace, Context context)
      throws StoreException, InterruptedException {
    Message message = coordinator.receive(LOOK);
    if (message == null) {
      settle(job);
      return null;
    }
    Matcher name = MESSAGE.matcher(Coordinator.part(message));
    long run = name.matches() ? Long.parseLong(name.group(1)) : -1;
    int number = name.matches() ? Integer.parseInt(name.group(2)) : -1;
    if (run == job.run() && number <= job.last()) {
      return work(job, number, message, pace, context);
    }
    Job now = read();
    if (now != null && now.run() > job.run() && run >= now.run()) {
      message.nak(); // this process has yet to leave: its job was replaced
    } else {
      message.ack(); // of an earlier job, or of nothing that there is
    }
    return null;
  }

  /** Why this process must not take another part; null if it may. */
  private @Nullable Summary reason(Context context) {
    if (context.isDone()) {
      return NOTHING.ended(Ending.CANCELLED, "it was cancelled");
    }
    Duration left = left();
    return left == null || left.isPositive()
        ? null
        : NOTHING.ended(Ending.MAX_DURATION, "the time limit of this process was reached");
  }

  /** How much of the time limit of this process is left; null without a limit. */
  private @Nullable Duration left() {
    Duration most = plan.limits().maxDuration();
    return most == null ? null : most.minusNanos(Go.nanoTime() - start);
  }

  private StoreException gone() {
    return new StoreException(
        Kind.INVALID,
        "another job",
        coordinator.name() + " was replaced by another job of that name");
  }

  private @Nullable Job read() throws StoreException, InterruptedException {
    Coordinator.Entry entry = coordinator.get(JOB);
    return entry == null ? null : Job.parse(entry.text());
  }

  /** Takes part in the job that there is, or makes one if there is none, or the last has ended. */
  private Job join(Context context) throws StoreException, InterruptedException {
    while (true) {
      Coordinator.Entry entry = coordinator.get(JOB);
      Job last = entry == null ? null : Job.parse(entry.text());
      if (entry != null && last != null && last.ended() == null) {
        check(last);
        Job now = isActive(last) ? last : renewed(last, entry.revision());
        if (now == null) {
          continue;
        }
        String rate = now.rate() == 0 ? "without --rate" : "at " + now.rate() + " keys/s";
        listener.continues(coordinator.name() + ", begun at " + now.begun() + ", " + rate);
        return now;
      }
      Job next = plan(last == null ? 0 : last.run(), context);
      boolean isMade =
          entry == null
              ? coordinator.create(JOB, next.text()).isPresent()
              : coordinator.update(JOB, next.text(), entry.revision()).isPresent();
      if (isMade) {
        if (last != null) {
          coordinator.remove(pace(last));
          for (int i = 0; i < last.parts().size(); i++) {
            coordinator.remove(key(last, i));
          }
        }
        return next;
      }
    }
  }

  /** Whether a process works on a part, as far as the last time of a lease tells. */
  private boolean isActive(Job job) throws StoreException, InterruptedException {
    Instant lately = coordinator.now().minus(settings.lease);
    for (int i = 0; i < job.parts().size(); i++) {
      Coordinator.Entry entry = coordinator.get(key(job, i));
      if (entry != null && entry.written().isAfter(lately)) {
        PartState state = PartState.parse(entry.text());
        if (state.result() == null && !state.worker().isEmpty()) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * Begins anew with a job that no process works on: with the rate of this process, and as if no
   * part had failed.
   *
   * @return null if the job has changed meanwhile
   */
  private @Nullable Job renewed(Job job, long revision)
      throws StoreException, InterruptedException {
    for (int i = 0; i < job.parts().size(); i++) {
      Coordinator.Entry entry = coordinator.get(key(job, i));
      PartState last = entry == null ? PartState.NEW : PartState.parse(entry.text());
      if (entry != null && last.failures() + last.deaths() > 0 && last.result() == null) {
        var _ = coordinator.update(key(job, i), last.withoutFailures().text(), entry.revision());
      }
    }
    if (job.rate() == rate()) {
      return job;
    }
    Job next = job.withRate(rate());
    if (coordinator.update(JOB, next.text(), revision).isEmpty()) {
      return null;
    }
    coordinator.remove(pace(job));
    return next;
  }

  /** The limit of all processes together; 0 for none. */
  private double rate() {
    double rate = plan.pace().rate();
    return rate == Double.POSITIVE_INFINITY ? 0 : rate;
  }

  /** The options besides the selection that must be the same in all processes. */
  private String options() {
    Plan.Passes passes = plan.passes();
    return ("--passes " + passes.max())
        + (passes.verify() ? "" : " --no-verify")
        + (" --lease " + settings.lease.toMillis() + "ms")
        + (settings.options.isEmpty() ? "" : " " + settings.options);
  }

  /** Whether the job, and each of its parts, is about no other keys than this process. */
  private boolean isAboutTheSame(Job job) {
    return job.store().equals(store.name())
        && job.selection().equals(plan.selection().toString())
        && options().equals(job.options())
        && job.parts().stream().allMatch(part -> part.isOf(plan.selection()));
  }

  private void check(Job job) throws StoreException {
    if (!isAboutTheSame(job)) {
      throw new StoreException(
          Kind.INVALID,
          "another job",
          coordinator.name()
              + " is of "
              + job.selection()
              + " of "
              + job.store()
              + " with "
              + job.options()
              + ": name those, or another job");
    }
  }

  /**
   * Makes a job. Its number is a time, so that it is not that of an earlier job, even if operators
   * have removed all that is known about that.
   */
  private Job plan(long last, Context context) throws StoreException, InterruptedException {
    ServersClock clock = coordinator.clock();
    long run = Math.max(last + 1, clock.now().toEpochMilli());
    Instant begun = plan.at() == null ? clock.now() : clock.shared(plan.at());
    Selection selection = plan.selection();
    List<Part> parts = new PartPlanner(store, context).parts(selection, settings.parts);
    return new Job(
        run, store.name(), selection.toString(), options(), begun.toString(), rate(), parts, null);
  }

  /** The messages of the parts that have not ended, but for the last, whose turn comes later. */
  private List<String> missing(Job job) throws StoreException, InterruptedException {
    List<String> missing = new ArrayList<>();
    for (int i = 0; i < job.last(); i++) {
      if (state(job, i).result() == null) {
        missing.add(message(job, i));
      }
    }
    return missing;
  }

  private static String pace(Job job) {
    return "pace." + job.run();
  }

  private static String message(Job job, int part) {
    return job.run() + "-" + part;
  }

  private static String key(Job job, int part) {
    return "part." + job.run() + "." + part;
  }

  private static String name(Job job, int part) {
    String what = part == job.last() ? "the remaining keys" : job.parts().get(part).toString();
    return "part " + (part + 1) + " of " + job.parts().size() + ", " + what;
  }

  private PartState state(Job job, int part) throws StoreException, InterruptedException {
    Coordinator.Entry entry = coordinator.get(key(job, part));
    return entry == null ? PartState.NEW : PartState.parse(entry.text());
  }

  /** Begins the next step when the queue is empty: the last part, or the end. */
  private void settle(Job job) throws StoreException, InterruptedException {
    if (coordinator.hasMessages()) {
      return; // other processes work on them
    }
    List<String> missing = missing(job);
    if (!missing.isEmpty()) {
      coordinator.publish(missing); // for a process that ended before it had done so
    } else if (state(job, job.last()).result() == null) {
      coordinator.publish(List.of(message(job, job.last())));
    } else {
      end(job);
    }
  }

  /** Ends the job for all processes. */
  private void end(Job job) throws StoreException, InterruptedException {
    Coordinator.Entry entry = coordinator.get(JOB);
    Job now = entry == null ? null : Job.parse(entry.text());
    while (entry != null && now != null && now.run() == job.run() && now.ended() == null) {
      String text = now.endedAt(coordinator.now().toString()).text();
      if (coordinator.update(JOB, text, entry.revision()).isPresent()) {
        coordinator.clear();
        return;
      }
      entry = coordinator.get(JOB);
      now = entry == null ? null : Job.parse(entry.text());
    }
  }

  /**
   * Works on a part.
   *
   * @return why this process leaves the job; null to continue with another part
   */
  private @Nullable Summary work(
      Job job, int number, Message message, LeasedPace pace, Context context)
      throws StoreException, InterruptedException {
    try (CancelContext run = context.withCancel()) {
      HeldPart held =
          HeldPart.take(coordinator, key(job, number), message, worker, settings.lease, run);
      if (held == null) {
        if (state(job, number).result() != null) {
          message.ack(); // by a process that ended before it had removed it
        }
        return null;
      }
      if (held.state().deaths() > MOST_DEATHS) {
        return abandon(job, held);
      }
      Summary summary = delete(job, number, held, pace, run);
      if (held.isLost()) {
        listener.ends(name(job, number), null);
        return null;
      }
      listener.ends(name(job, number), summary);
      return settle(job, held, summary);
    }
  }

  /** Ends the job because of a part that every process dies of. */
  private @Nullable Summary abandon(Job job, HeldPart held)
      throws StoreException, InterruptedException {
    String why = held.state().deaths() + " processes were silent for the time of the lease";
    Summary summary = NOTHING.ended(Ending.FATAL, why + " while they worked on this part");
    try {
      held.end(held.state().ended(PartResult.of(summary, worker)));
      end(job);
    } catch (IOException e) {
      // another process has taken the part over, and ends it
    }
    return null;
  }

  private Summary delete(Job job, int number, HeldPart held, LeasedPace pace, CancelContext run)
      throws StoreException, InterruptedException {
    Part part = job.parts().get(number);
    Selection selection = part.of(plan.selection());
    Plan own =
        plan.with(selection)
            .with(
                new Plan.Pace(
                    plan.pace().minConcurrency(),
                    plan.pace().maxConcurrency(),
                    Double.POSITIVE_INFINITY,
                    plan.pace().burst()))
            .with(
                new Plan.Limits(
                    plan.limits().maxErrors(),
                    plan.limits().maxErrorRate(),
                    plan.limits().maxDelete(),
                    left(),
                    plan.limits().drain()))
            .at(coordinator.clock().own(Instant.parse(job.begun())));
    Progress progress = new Progress();
    var observer = listener.begins(name(job, number), selection, progress);
    Goroutine<?> beating = Go.go("heartbeat", () -> beat(job, held, run));
    try {
      return Purge.run(
          run, store, own, progress, observer, new Share(part.start(), held, held.pace(pace)));
    } finally {
      run.cancel();
      beating.join();
    }
  }

  /** Until the part has ended: tells the queue that it is worked on, and sees the job's end. */
  private void beat(Job job, HeldPart held, CancelContext run) throws InterruptedException {
    Duration every = min(BEAT, settings.lease.dividedBy(3));
    try {
      while (true) {
        Go.sleep(every, run);
        held.beat();
        try {
          Job now = read();
          if (now == null
              || now.run() != job.run()
              || now.ended() != null
              || !isAboutTheSame(now)) {
            run.cancel(new IOException("the job has ended"));
          }
        } catch (StoreException e) {
          // the lease limits how long this process continues without the servers
        }
      }
    } catch (ContextException e) {
      // the part has ended
    }
  }

  private static Duration min(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  /** Writes down how a part ended, or gives it back. */
  private @Nullable Summary settle(Job job, HeldPart held, Summary summary)
      throws StoreException, InterruptedException {
    PartState last = held.state();
    PartState ended = last.ended(PartResult.of(summary, worker));
    try {
      return switch (summary.ending()) {
        case COMPLETE -> {
          held.end(ended);
          yield null;
        }
        case MAX_ERRORS -> {
          held.end(ended);
          end(job);
          yield null;
        }
        case CANCELLED, MAX_DURATION, MAX_DELETE -> {
          Job now = read();
          if (now != null && now.run() == job.run() && now.ended() != null) {
            yield null; // another process has ended the job
          }
          held.giveBack(last, Duration.ZERO);
          yield summary;
        }
        case FATAL, STORE_NOT_FOUND, UNAUTHORISED -> {
          if (last.failures() + 1 < MOST_FAILURES) {
            held.giveBack(last.failed(), AFTER_FAILURE);
          } else {
            held.end(ended);
            end(job);
          }
          yield summary;
        }
      };
    } catch (IOException e) {
      return null; // another process has taken the part over
    }
  }

  private JobSummary summary(Job job, @Nullable Summary own)
      throws StoreException, InterruptedException {
    List<JobSummary.PartSummary> parts = new ArrayList<>();
    for (int i = 0; i < job.parts().size(); i++) {
      PartResult result = state(job, i).result();
      parts.add(
          new JobSummary.PartSummary(
              name(job, i),
              result == null ? "" : result.worker(),
              result == null ? null : result.summary()));
    }
    Instant end = job.ended() == null ? coordinator.now() : Instant.parse(job.ended());
    return new JobSummary(parts, own, Duration.between(Instant.parse(job.begun()), end));
  }
}
