package io.heddle.bench;

import io.heddle.bench.PeerProcess.PeerException;
import io.heddle.bench.peer.TimerFigures;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Runs the rows: every peer in a process of its own, alternately. */
final class Suite implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** The memory for ten million blocked goroutines, with a margin for the collector. */
  private static final long MANY_BYTES = 12L << 30;

  private static final int PARK_WARM_UPS = 20;
  private static final int PARK_WARM_UP = 20_000;

  private static final int TIMER_WARM_UP = 100_000;

  private Plan plan;
  private final Map<Contender, List<String>> commands;
  private final Consumer<String> notes;
  private final Map<Contender, PeerProcess> processes = new EnumMap<>(Contender.class);
  private final Map<Contender, Set<String>> offers = new EnumMap<>(Contender.class);
  private final Map<LocalWork, Integer> turns = new EnumMap<>(LocalWork.class);

  /** The local work of Go's benchmarks, as {@code io.heddle.bench.peer.Work} has it. */
  enum LocalWork {
    LOCAL,
    SYNC,
    CANCEL;

    String id() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The duration of local work in Go and on the JVM. */
  record Calibration(LocalWork work, int turns, double goNanos, double javaNanos) {}

  /**
   * Makes a suite without starting anything.
   *
   * @param commands the command of each peer's process
   * @param notes receives progress and failures
   */
  Suite(Plan plan, Map<Contender, List<String>> commands, Consumer<String> notes) {
    this.plan = plan;
    this.commands = commands;
    this.notes = notes;
  }

  /**
   * Starts the peers, and returns all rows that any of them offers. A peer that does not start is
   * omitted, and the failure is reported.
   */
  Set<String> start() throws PeerException, InterruptedException {
    Set<String> names = new LinkedHashSet<>();
    List<Contender> present = new ArrayList<>();
    for (Contender peer : plan.peers()) {
      try {
        String[] answer = process(peer).ask("list", LIMIT);
        Set<String> offered = new LinkedHashSet<>(List.of(answer).subList(1, answer.length));
        offers.put(peer, offered);
        names.addAll(offered);
        present.add(peer);
      } catch (IOException | PeerException e) {
        notes.accept("FAILED, left out: " + e.getMessage());
      }
    }
    if (present.isEmpty()) {
      throw new PeerException("no peer started");
    }
    plan = plan.with(present);
    return names;
  }

  List<Contender> peers() {
    return plan.peers();
  }

  /** The peers that have a row. */
  List<String> offering(String name) {
    return plan.peers().stream()
        .filter(peer -> offers.getOrDefault(peer, Set.of()).contains(name))
        .map(Contender::id)
        .toList();
  }

  private PeerProcess process(Contender peer)
      throws IOException, PeerException, InterruptedException {
    PeerProcess process = processes.get(peer);
    if (process == null || !process.isAlive()) {
      process = start(peer);
      processes.put(peer, process);
      if (peer.isJava()) {
        for (Map.Entry<LocalWork, Integer> each : turns.entrySet()) {
          process.ask("work " + each.getKey().id() + " " + each.getValue(), LIMIT);
        }
      }
    }
    return process;
  }

  /**
   * Makes the local work on the JVM take as long as in Go. Without Go it is not changed, and the
   * same for all.
   */
  List<Calibration> calibrateWork() throws IOException, PeerException, InterruptedException {
    List<Calibration> result = new ArrayList<>();
    List<Contender> java = plan.peers().stream().filter(Contender::isJava).toList();
    if (!plan.peers().contains(Contender.GO) || java.isEmpty()) {
      return result;
    }
    for (LocalWork work : LocalWork.values()) {
      double wanted = time(Contender.GO, work, 0);
      int guess = 100;
      double nanos = time(java.getFirst(), work, guess);
      // Repeatedly, because the loop is being compiled meanwhile.
      for (int i = 0; i < 20 && Math.abs(nanos / wanted - 1) > 0.02; i++) {
        guess = (int) Math.max(1, Math.round(guess * wanted / nanos));
        nanos = time(java.getFirst(), work, guess);
      }
      turns.put(work, guess);
      for (Contender other : java.subList(1, java.size())) {
        time(other, work, guess);
      }
      result.add(new Calibration(work, guess, wanted, nanos));
    }
    return result;
  }

  private double time(Contender peer, LocalWork work, int turns)
      throws IOException, PeerException, InterruptedException {
    return Double.parseDouble(process(peer).ask("work " + work.id() + " " + turns, LIMIT)[2]);
  }

  /** A round's answer. */
  private record Timed(long nanos, long bytes) {}

  private Timed run(Contender peer, String name, long n)
      throws IOException, PeerException, InterruptedException {
    String[] answer = process(peer).ask("run " + name + " " + n, LIMIT);
    return new Timed(Long.parseLong(answer[3]), Long.parseLong(answer[4]));
  }

  /**
   * Runs one row: the peers alternately, round by round. A peer that fails is omitted, and the
   * failure is reported.
   *
   * @param deadline the time, by the monotonic clock, after which no more rounds begin
   */
  Row run(String name, long deadline) throws IOException, InterruptedException {
    Row row = new Row(name);
    Map<Contender, Long> operations = new LinkedHashMap<>();
    for (Contender peer : plan.peers()) {
      if (offers.getOrDefault(peer, Set.of()).contains(name)) {
        try {
          operations.put(peer, calibrate(peer, name));
        } catch (PeerException e) {
          notes.accept("FAILED " + e.getMessage());
        }
      }
    }
    if (Rows.isSized(name) && !operations.isEmpty()) {
      long same = operations.getOrDefault(Contender.GO, operations.values().iterator().next());
      operations.replaceAll((_, _) -> same);
    }
    boolean warm = false;
    for (int round = 1; !warm; round++) {
      warm = round >= plan.warmUps() || late(deadline, round);
      Duration next = warm ? plan.roundTime() : plan.warmUpTime();
      for (Contender peer : List.copyOf(operations.keySet())) {
        if (round > plan.warmUps(peer) && !warm) {
          continue;
        }
        timed(peer, name, operations, row)
            .filter(timed -> !Rows.isSized(name))
            // Warm code does more in the same time.
            .ifPresent(timed ->
                operations.compute(
                    peer,
                    (_, n) ->
                        Math.max(Rows.unit(name), scale(n == null ? 1 : n, timed.nanos, next))));
      }
    }
    for (int round = 0; round < plan.rounds() && !late(deadline, round); round++) {
      if (round >= plan.fewestRounds() && row.isSteady()) {
        break;
      }
      for (Contender peer : List.copyOf(operations.keySet())) {
        double n = Objects.requireNonNull(operations.get(peer));
        timed(peer, name, operations, row)
            .ifPresent(timed -> row.add(peer, timed.nanos / n, timed.bytes / n));
      }
    }
    return row;
  }

  /** Whether the time for this row is over; there are always at least two rounds of each kind. */
  private static boolean late(long deadline, int round) {
    return round >= 2 && System.nanoTime() - deadline > 0;
  }

  private Optional<Timed> timed(
      Contender peer, String name, Map<Contender, Long> operations, Row row)
      throws IOException, InterruptedException {
    try {
      return Optional.of(run(peer, name, Objects.requireNonNull(operations.get(peer))));
    } catch (PeerException e) {
      notes.accept("FAILED " + e.getMessage());
      operations.remove(peer);
      row.remove(peer);
      return Optional.empty();
    }
  }

  /** The number of operations whose duration is about that of a round. */
  private long calibrate(Contender peer, String name)
      throws IOException, PeerException, InterruptedException {
    long n = Rows.unit(name);
    while (true) {
      long nanos = run(peer, name, n).nanos;
      if (nanos >= plan.warmUpTime().toNanos() / 2 || n >= Rows.MOST) {
        return Math.max(Rows.unit(name), scale(n, nanos, plan.warmUpTime()));
      }
      // In limited steps: the first operations are the slowest, and their number may be zero.
      n = Math.max(n + 1, Math.min(scale(n, nanos, plan.warmUpTime()), 20 * n));
    }
  }

  private static long scale(long n, long nanos, Duration time) {
    return Math.clamp((long) ((double) n * time.toNanos() / Math.max(1, nanos)), 1, Rows.MOST);
  }

  /** Measures many pending timers, in a new process. */
  Optional<Report.Timers> timers(Contender peer, int timers)
      throws IOException, InterruptedException {
    try (PeerProcess process = start(peer)) {
      if (peer.isJava()) {
        process.ask("timers " + TIMER_WARM_UP, LIMIT);
      }
      String[] answer = process.ask("timers " + timers, LIMIT);
      return Optional.of(new Report.Timers(peer, timers, TimerFigures.of(answer)));
    } catch (PeerException e) {
      notes.accept("FAILED " + e.getMessage());
      return Optional.empty();
    }
  }

  /** Blocks many goroutines, in a new process. */
  Optional<Memory> park(Contender peer, int goroutines) throws IOException, InterruptedException {
    boolean many = goroutines > Plan.MILLION;
    if (many && Memory.available() < MANY_BYTES) {
      notes.accept(
          String.format(
              Locale.ROOT,
              "LEFT OUT: %,d goroutines need %d GB of free memory, here are %d",
              goroutines,
              MANY_BYTES >> 30,
              Memory.available() >> 30));
      return Optional.empty();
    }
    try (PeerProcess process = start(peer, many ? List.of("-XX:MaxRAMPercentage=75") : List.of())) {
      // A frame that was interpreted when its goroutine blocked takes ten times as long to resume.
      for (int i = 0; i < PARK_WARM_UPS; i++) {
        process.ask("park " + PARK_WARM_UP, LIMIT);
      }
      String[] answer = process.ask("park " + goroutines, many ? LIMIT.multipliedBy(5) : LIMIT);
      return Optional.of(
          new Memory(
              peer,
              goroutines,
              Long.parseLong(answer[2]),
              Long.parseLong(answer[3]),
              Long.parseLong(answer[4]),
              Long.parseLong(answer[5])));
    } catch (PeerException e) {
      notes.accept("FAILED " + e.getMessage());
      return Optional.empty();
    }
  }

  private PeerProcess start(Contender peer) throws IOException {
    return start(peer, List.of());
  }

  /** Starts a JVM with additional flags. */
  private PeerProcess start(Contender peer, List<String> flags) throws IOException {
    List<String> command = new ArrayList<>(Objects.requireNonNull(commands.get(peer)));
    command.addAll(1, flags);
    return new PeerProcess(
        peer.id(), command, Map.of("GOMAXPROCS", Integer.toString(plan.procs())));
  }

  @Override
  public void close() {
    stop();
  }

  /** Ends all processes; they are restarted on demand. */
  void stop() {
    processes.values().forEach(PeerProcess::close);
    processes.clear();
  }
}
