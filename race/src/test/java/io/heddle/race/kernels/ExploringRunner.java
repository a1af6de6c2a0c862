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
    long start = System.nanoTime();
    Explore.Result result =
        Explore.schedules(kernel.races() ? ENOUGH : schedules).search(kernel.body());
    long millis = (System.nanoTime() - start) / 1_000_000;
    String message = result.error() == null ? "" : result.error().getMessage();
    boolean raced = message.contains("WARNING: DATA RACE");
    boolean isBubble = message.contains("a bubble in a bubble"); // which cannot be explored
    boolean right = isBubble || (kernel.races() ? raced : message.isEmpty());
    System.out.printf(
        "%s %s %s: %s in %d, %d ms%n",
        right ? "ok" : "WRONG",
        kernel.races() ? "R" : "N",
        kernel.name(),
        raced ? "race" : isBubble ? "not explored" : message.isEmpty() ? "silent" : "failed",
        result.schedules(),
        millis);
    if (!right) {
      System.out.println(message);
    }
  }
}
