package io.heddle.race.kernels;

import io.heddle.race.unseen.Order;
import io.heddle.testing.Explore;
import java.util.ArrayList;
import java.util.List;

/**
 * Explores schedules of the kernels under the agent, without an order that is forced. Each race is
 * to be found within 100 schedules, and the others stay silent in as many as are asked for.
 */
public final class ExploringRunner {
  private static final int ENOUGH = 100;

  private ExploringRunner() {}

  /** Explores those whose name begins as given, the silent ones under so many schedules. */
  public static void main(String[] args) throws Exception {
    String prefix = args.length > 0 ? args[0] : "";
    int schedules = args.length > 1 ? Integer.parseInt(args[1]) : 10;
    Order.leaveToChance();
    List<Kernel> all = new ArrayList<>();
    all.addAll(ChannelKernels.all());
    all.addAll(SyncKernels.all());
    all.addAll(MemoryKernels.all());
    all.addAll(SelectKernels.all());
    all.addAll(TimerKernels.all());
    all.addAll(GokerKernels.all());
    for (Kernel kernel : all) {
      if (kernel.name().startsWith(prefix)) {
        explore(kernel, schedules);
      }
    }
    System.out.println("end of kernels");
  }

  private static void explore(Kernel kernel, int schedules) throws InterruptedException {
    String outcome;
    boolean right;
    String more = "";
    long start = System.nanoTime();
    try {
      Explore.Result result =
          Explore.schedules(kernel.races() ? ENOUGH : schedules).search(kernel.body());
      String message = result.error() == null ? "" : result.error().getMessage();
      boolean raced = message.contains("WARNING: DATA RACE");
      outcome =
          (raced ? "race" : message.isEmpty() ? "silent" : "failed") + " in " + result.schedules();
      right = raced == kernel.races() && (raced || message.isEmpty());
      more = right ? "" : message;
    } catch (IllegalStateException e) {
      outcome = "cannot be explored: " + e.getMessage();
      right = false;
    }
    long millis = (System.nanoTime() - start) / 1_000_000;
    System.out.printf(
        "%s %s %s %s, %d ms%n",
        right ? "ok" : "WRONG", kernel.races() ? "R" : "N", kernel.name(), outcome, millis);
    if (!right) {
      System.out.println(more);
    }
  }
}
