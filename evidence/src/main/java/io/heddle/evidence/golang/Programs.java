package io.heddle.evidence.golang;

import io.heddle.evidence.golang.Execution.Plant;

/**
 * Runs programs with Heddle, in a JVM of its own, and prints a line for each: its index and its
 * verdict. The thread that runs them is the only one that is not Heddle's or the JVM's, so that
 * deadlocks are detected soon.
 */
public final class Programs {
  private Programs() {}

  /**
   * Runs programs.
   *
   * @param args the first seed, the number of programs, the index to begin with, and, if a mistake
   *     is to be planted, its name
   * @throws InterruptedException never, because no thread interrupts it
   */
  public static void main(String[] args) throws InterruptedException {
    long seed = Long.parseLong(args[0]);
    int count = Integer.parseInt(args[1]);
    Plant plant = args.length > 3 ? Plant.valueOf(args[3]) : null;
    for (int i = Integer.parseInt(args[2]); i < count; i++) {
      System.out.println(i + " " + Execution.of(Draft.program(seed + i), plant));
    }
    System.exit(0); // whatever a program has left behind
  }
}
