package io.heddle.race.programs;

import static io.heddle.Go.go;

import io.heddle.Goroutine;
import io.heddle.Mutex;
import io.heddle.Task;
import io.heddle.testing.Explore;

/** Explores schedules of programs in which nothing ever goes wrong. */
public final class ExploredRaces {
  private int value;
  private boolean ready;
  private volatile boolean published;

  private ExploredRaces() {}

  /** A flag that lacks volatile: under sequential consistency it works. */
  private static void missingVolatile() throws InterruptedException {
    ExploredRaces shared = new ExploredRaces();
    Goroutine<?> writer =
        go(() -> {
          shared.value = 1;
          shared.ready = true;
        });
    if (shared.ready && shared.value == 0) {
      throw new AssertionError();
    }
    writer.join();
  }

  private static void withVolatile() throws InterruptedException {
    ExploredRaces shared = new ExploredRaces();
    Goroutine<?> writer =
        go(() -> {
          shared.value = 1;
          shared.published = true;
        });
    if (shared.published && shared.value == 0) {
      throw new AssertionError();
    }
    writer.join();
  }

  /** The turn of one goroutine comes after that of another, and orders nothing. */
  private static void twoMutexes() throws InterruptedException {
    ExploredRaces shared = new ExploredRaces();
    Mutex mine = new Mutex();
    Mutex theirs = new Mutex();
    Goroutine<?> other =
        go(() -> {
          theirs.lock();
          shared.value++;
          theirs.unlock();
        });
    mine.lock();
    shared.value++;
    mine.unlock();
    other.join();
  }

  private static void oneMutex() throws InterruptedException {
    ExploredRaces shared = new ExploredRaces();
    Mutex mutex = new Mutex();
    Goroutine<?> other =
        go(() -> {
          mutex.lock();
          shared.value++;
          mutex.unlock();
        });
    mutex.lock();
    shared.value++;
    mutex.unlock();
    other.join();
  }

  private static void explore(String name, int schedules, Task test) throws Exception {
    Explore.Result result = Explore.schedules(schedules).search(test);
    System.out.println(
        result.error() == null
            ? name + ": silent in " + result.schedules()
            : name + ": " + result.error().getMessage());
  }

  /** Explores all of them, the correct ones under so many schedules. */
  public static void main(String[] args) throws Exception {
    int schedules = Integer.parseInt(args[0]);
    explore("missing volatile", 100, () -> missingVolatile());
    explore("two mutexes", 100, () -> twoMutexes());
    explore("volatile", schedules, () -> withVolatile());
    explore("one mutex", schedules, () -> oneMutex());
  }
}
