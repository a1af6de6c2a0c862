package io.heddle.testing.goker;

import io.heddle.Locker;
import io.heddle.Task;
import java.util.List;
import java.util.stream.Stream;

/**
 * A small program with the bug of a real one, and without it. The bugs are those of GoBench's GoKer
 * suite, each written from its description in one line.
 *
 * @param name the project and the number of the bug
 * @param always whether the bug shows under every schedule
 * @param bug what is wrong
 * @param program runs it
 */
record Kernel(String name, boolean always, String bug, Program program) {
  /** A program that comes with the bug, and without it. */
  @FunctionalInterface
  interface Program {
    /** Runs as the main goroutine of a bubble. */
    void run(boolean fixed) throws Exception;
  }

  static Kernel always(String name, String bug, Program program) {
    return new Kernel(name, true, bug, program);
  }

  static Kernel sometimes(String name, String bug, Program program) {
    return new Kernel(name, false, bug, program);
  }

  static List<Kernel> all() {
    return Stream.of(
            CockroachKernels.ALL,
            EtcdKernels.ALL,
            GrpcKernels.ALL,
            KubernetesKernels.ALL,
            MobyKernels.ALL,
            OtherKernels.ALL)
        .flatMap(List::stream)
        .toList();
  }

  Task buggy() {
    return () -> program.run(false);
  }

  Task corrected() {
    return () -> program.run(true);
  }

  /** Does something with the lock held. */
  static void with(Locker lock, Task body) throws Exception {
    lock.lock();
    body.run();
    lock.unlock();
  }

  /** Takes the lock and lets it go at once. */
  static void touch(Locker lock) throws InterruptedException {
    lock.lock();
    lock.unlock();
  }

  @Override
  public String toString() {
    return name;
  }
}
