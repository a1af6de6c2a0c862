package io.heddle.inspect;

import io.heddle.Leaks;
import io.heddle.internal.Inspection;
import io.heddle.internal.Inspection.ObjectState;
import io.heddle.internal.Inspection.SchedulerState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Figures for meters. The modules for Micrometer and OpenTelemetry export them; other libraries
 * can.
 *
 * <p>Taking them costs time in proportion to the number of goroutines, about a tenth of a second
 * for a million. {@link #recent} shares them between the meters of one export.
 *
 * @param goroutines how many there are in each state: {@code running}, what they wait for in
 *     Heddle, such as {@code chan receive}, or {@code waiting outside Heddle}
 * @param leaks how many have leaked since the JVM was started
 * @param queued how many can run and have no worker; 0 on the JDK's scheduler, where that is not
 *     known
 * @param runQueueLatency how long a task that was queued a moment ago has waited for a worker
 * @param steals how often a worker has taken tasks from another
 * @param stuckWorkers how many workers have run one goroutine for more than 10 ms
 * @param timers how many timers and time-outs are set
 * @param channels the channels with names
 */
public record Statistics(
    Map<String, Long> goroutines,
    long leaks,
    int queued,
    Duration runQueueLatency,
    long steals,
    int stuckWorkers,
    int timers,
    List<Channel> channels) {
  private static final long SHARED_NANOS = 1_000_000_000;

  /** When the present probe was queued; 0 if absent. */
  private static final AtomicLong PROBE = new AtomicLong();

  private static volatile long latency;
  private static volatile @Nullable Statistics last;
  private static volatile long lastTime;

  /**
   * A channel with a name.
   *
   * @param name its name; several channels may have the same
   * @param length how many values it has buffered
   * @param capacity for how many it has room
   * @param senders how many goroutines wait to send
   * @param receivers how many wait to receive
   */
  public record Channel(String name, int length, int capacity, int senders, int receivers) {}

  /** Copies the collections. */
  public Statistics {
    goroutines = Map.copyOf(goroutines);
    channels = List.copyOf(channels);
  }

  /**
   * Takes the figures now.
   *
   * @return the figures
   */
  public static Statistics take() {
    Inspection inspection = Inspection.get();
    probe(inspection);
    SchedulerState scheduler = inspection.scheduler();
    long queuedAt = PROBE.get();
    long waiting = queuedAt == 0 ? latency : System.nanoTime() - queuedAt;
    return new Statistics(
        new TreeMap<>(inspection.goroutines(0).states()),
        Leaks.count(),
        Math.max(0, scheduler.queued())
            + scheduler.workers().stream().mapToInt(Inspection.WorkerState::queued).sum(),
        Duration.ofNanos(Math.max(waiting, 0)),
        scheduler.steals(),
        scheduler.stuck(),
        scheduler.timers(),
        inspection.objects(0).stream()
            .filter(one -> one.name() != null)
            .map(Statistics::channel)
            .toList());
  }

  private static Channel channel(ObjectState one) {
    return new Channel(
        String.valueOf(one.name()), one.len(), one.cap(), one.senders(), one.receivers());
  }

  /** Has a worker say when it comes to it, unless the last one has not done so yet. */
  private static void probe(Inspection inspection) {
    long now = System.nanoTime();
    if (PROBE.compareAndSet(0, now == 0 ? 1 : now)) {
      inspection.probe(() -> {
        latency = System.nanoTime() - PROBE.get();
        PROBE.set(0);
      });
    }
  }

  /**
   * The figures of the last second, or new ones.
   *
   * @return the figures
   */
  public static Statistics recent() {
    Statistics known = last;
    if (known == null || System.nanoTime() - lastTime > SHARED_NANOS) {
      known = take();
      lastTime = System.nanoTime();
      last = known;
    }
    return known;
  }
}
