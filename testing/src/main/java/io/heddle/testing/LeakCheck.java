package io.heddle.testing;

import io.heddle.DeadlineExceededException;
import io.heddle.Goroutine;
import io.heddle.Goroutines;
import io.heddle.Goroutines.Leak;
import io.heddle.access.Stuck;
import io.heddle.access.TestAccess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Finds the goroutines that a piece of work has left behind: Go's {@code goleak}.
 *
 * {@snippet :
 * LeakCheck leaks = LeakCheck.start();       // ignores those that there are already
 * server.start();
 * server.stop();
 * leaks.verify();                            // throws a LeakError that names what is left
 * }
 *
 * <p>Those count, too, that {@link Goroutines#leaks} tells of, and that are gone. It sees the
 * goroutines of all programs in the JVM, also those of others that run at the same time: check
 * tests that run in parallel all together, at their end. Threads that are no goroutines are not
 * seen. For tests there is {@link LeakChecked}; a {@link Bubble} needs no check, as it does its
 * own.
 */
public final class LeakCheck {
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final Set<Object> before;

  /** How many had been found, alike ones by a leak without a count. */
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
   * @param fragments texts; ignored is whose dump contains one of them: its name, its wait reason,
   *     a frame of its stack, or its creator
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
   * Fails if there are goroutines that it does not ignore, and which do not end soon.
   *
   * @throws LeakError names them
   * @throws InterruptedException if the thread is interrupted
   */
  public void verify() throws InterruptedException {
    verify(Set.of());
  }

  /**
   * The same, where others have checked before: what they ignored may only now be found to have
   * leaked, as that takes some time.
   */
  void verify(Set<String> ignoredByOthers) throws InterruptedException {
    String left = left(ignoredByOthers);
    if (!left.isEmpty()) {
      throw new LeakError("goroutines are left", new Stuck(true, left));
    }
  }

  /** The dump of those that are left; empty if none is. */
  private String left(Set<String> ignoredByOthers) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    StringBuilder text = new StringBuilder();
    for (Object one : TestAccess.get().goroutines()) {
      Goroutine goroutine = (Goroutine) one;
      String description = TestAccess.get().describe(one);
      boolean counts =
          !before.contains(one)
              && goroutine != Goroutine.current()
              && ignored.stream().noneMatch(description::contains);
      if (counts && !endsBy(goroutine, deadline)) {
        text.append(TestAccess.get().describe(one)).append('\n');
      }
    }
    found()
        .forEach((leak, count) -> {
          long more = count - foundBefore.getOrDefault(leak, 0L);
          String description = withCount(leak, more).toString();
          if (more > 0
              && Stream.concat(ignored.stream(), ignoredByOthers.stream())
                  .noneMatch(description::contains)) {
            text.append(description).append("\n\n");
          }
        });
    return text.toString();
  }

  /** Those that were found to have leaked while the program ran, and are gone. */
  private static Map<Leak, Long> found() {
    Map<Leak, Long> found = new LinkedHashMap<>();
    if (Goroutines.areLeaksSearched()) { // else they are still there
      Goroutines.leaks().forEach(leak -> found.put(withCount(leak, 0), leak.count()));
    }
    return found;
  }

  private static Leak withCount(Leak leak, long count) {
    return new Leak(count, leak.name(), leak.waitReason(), leak.stack(), leak.createdBy());
  }

  private static boolean endsBy(Goroutine goroutine, long deadline) throws InterruptedException {
    try {
      goroutine.join(Duration.ofNanos(deadline - System.nanoTime()));
      return true;
    } catch (DeadlineExceededException e) {
      return goroutine.isDone();
    }
  }
}
