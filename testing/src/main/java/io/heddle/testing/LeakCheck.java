package io.heddle.testing;

import io.heddle.Goroutine;
import io.heddle.Leak;
import io.heddle.Leaks;
import io.heddle.Task;
import io.heddle.internal.Stuck;
import io.heddle.internal.TestAccess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Finds the goroutines that a piece of work has left behind: Go's {@code goleak}.
 *
 * {@snippet :
 * LeakCheck leaks = LeakCheck.start();       // ignores the goroutines that exist already
 * server.start();
 * server.stop();
 * leaks.verify();                            // throws a LeakError that names the goroutines
 * }
 *
 * <p>To report both a failure of the work and the goroutines that it leaves behind, let the check
 * run the work: {@link #verify(Task)}.
 *
 * <p>Leaks that {@link Leaks#found} has reported since the start count, too, although their
 * goroutines no longer exist. The check covers the goroutines of all programs in the JVM, also of
 * programs that run at the same time. If tests run in parallel, check all of them together, at
 * their end. Threads that are not goroutines are not covered. For tests there is {@link
 * LeakChecked}; a {@link Bubble} needs no check, because it performs its own.
 */
public final class LeakCheck {
  static final Duration PATIENCE = Duration.ofSeconds(1);

  private final Set<Object> before;

  /** The leaks found before, with their counts. */
  private final Map<Leak, Long> foundBefore;

  private final List<String> ignored;
  private final Duration patience;

  private LeakCheck(
      Set<Object> before, Map<Leak, Long> foundBefore, List<String> ignored, Duration patience) {
    this.before = before;
    this.foundBefore = foundBefore;
    this.ignored = ignored;
    this.patience = patience;
  }

  /**
   * A check for goroutines that are started from now on.
   *
   * @return the check
   */
  public static LeakCheck start() {
    Set<Object> before = Collections.newSetFromMap(new IdentityHashMap<>());
    before.addAll(TestAccess.get().goroutines());
    return new LeakCheck(before, found(), List.of(), PATIENCE);
  }

  /**
   * A check for all goroutines in the JVM.
   *
   * @return the check
   */
  public static LeakCheck ofAll() {
    return new LeakCheck(Set.of(), Map.of(), List.of(), PATIENCE);
  }

  /**
   * The same check without some goroutines.
   *
   * @param fragments texts; a goroutine is ignored if its dump contains one of them: its name, its
   *     wait reason, a frame of its stack, or its creator
   * @return another check
   */
  public LeakCheck ignoring(String... fragments) {
    List<String> all = new ArrayList<>(ignored);
    all.addAll(List.of(fragments));
    return new LeakCheck(before, foundBefore, all, patience);
  }

  /**
   * The same check with another limit for how long it waits for goroutines that are about to end.
   *
   * @param patience in real time; by default a second
   * @return another check
   */
  public LeakCheck patience(Duration patience) {
    return new LeakCheck(before, foundBefore, ignored, patience);
  }

  /**
   * Fails if there are goroutines that it does not ignore and that do not end soon.
   *
   * @throws LeakError if there are; the message lists them
   * @throws InterruptedException if the thread is interrupted
   */
  public void verify() throws InterruptedException {
    verify(started(), gone(Set.of()), goroutine -> {});
  }

  /**
   * Runs a task, and fails if the task fails or leaves goroutines behind as in {@link #verify()}.
   *
   * @param task the task
   * @throws LeakError if goroutines are left and the task has not failed; the message lists them
   * @throws Exception the task's exception; if goroutines are left as well, the LeakError is
   *     suppressed in it
   */
  public void verify(Task task) throws Exception {
    Objects.requireNonNull(task, "task");
    try {
      task.run();
    } catch (Throwable e) {
      boolean interrupted = Thread.interrupted(); // it must not keep the check from waiting
      try {
        verify();
      } catch (LeakError | InterruptedException leaks) {
        e.addSuppressed(leaks);
      } finally {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
      throw e;
    }
    verify();
  }

  /**
   * The same for some goroutines and leaks only.
   *
   * @param reported called for each goroutine that is left
   */
  void verify(List<Goroutine<?>> goroutines, List<Leak> leaks, Consumer<Goroutine<?>> reported)
      throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    StringBuilder text = new StringBuilder();
    for (Goroutine<?> goroutine : goroutines) {
      if (!endsBy(goroutine, Duration.ofNanos(deadline - System.nanoTime()))) {
        reported.accept(goroutine);
        text.append(TestAccess.get().describe(goroutine)).append('\n');
      }
    }
    leaks.forEach(leak -> text.append(leak).append("\n\n"));
    if (!text.isEmpty()) {
      throw new LeakError("goroutines are left", new Stuck(true, text.toString()));
    }
  }

  /** The goroutines that count, including those that are about to end. */
  List<Goroutine<?>> started() {
    List<Goroutine<?>> started = new ArrayList<>();
    for (Object one : TestAccess.get().goroutines()) {
      Goroutine<?> goroutine = (Goroutine<?>) one;
      if (!before.contains(one)
          && goroutine != Goroutine.current()
          && isUnexpected(TestAccess.get().describe(one), Set.of())) {
        started.add(goroutine);
      }
    }
    return started;
  }

  /**
   * Leaks whose goroutines are gone.
   *
   * @param ignoredByOthers goroutines that earlier checks ignored: the search may report them as
   *     leaked only now, because it takes some time
   */
  List<Leak> gone(Set<String> ignoredByOthers) {
    List<Leak> gone = new ArrayList<>();
    found()
        .forEach((leak, count) -> {
          Leak more = withCount(leak, count - foundBefore.getOrDefault(leak, 0L));
          if (more.count() > 0 && isUnexpected(more.toString(), ignoredByOthers)) {
            gone.add(more);
          }
        });
    return gone;
  }

  private boolean isUnexpected(String description, Set<String> ignoredByOthers) {
    return Stream.concat(ignored.stream(), ignoredByOthers.stream())
        .noneMatch(description::contains);
  }

  /** Leaks that were found while the program ran, and whose goroutines are gone. */
  private static Map<Leak, Long> found() {
    Map<Leak, Long> found = new LinkedHashMap<>();
    if (Leaks.areSearched()) { // otherwise the goroutines still exist
      Leaks.found().forEach(leak -> found.put(withCount(leak, 0), leak.count()));
    }
    return found;
  }

  private static Leak withCount(Leak leak, long count) {
    return new Leak(count, leak.name(), leak.waitReason(), leak.stack(), leak.createdBy());
  }

  static boolean endsBy(Goroutine<?> goroutine, Duration patience) throws InterruptedException {
    try {
      goroutine.join(patience);
      return true;
    } catch (TimeoutException e) {
      return goroutine.isDone();
    }
  }
}
