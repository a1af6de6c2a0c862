package io.heddle.scheduler;

import java.util.ArrayList;
import java.util.List;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;

/** A worker's queue, for Lincheck: its owner adds tasks, all workers take them. */
public class RunQueueOperations {
  /** A task with a number. */
  private record Numbered(int number) implements Runnable {
    @Override
    public void run() {}
  }

  private final RunQueue queue = new RunQueue();

  @Operation(nonParallelGroup = "owner")
  public boolean add(@Param(gen = IntGen.class, conf = "1:9") int number) {
    return queue.add(new Numbered(number));
  }

  @Operation
  public int poll() {
    return queue.poll() instanceof Numbered task ? task.number : 0;
  }

  @Operation
  public List<Integer> stealHalf() {
    List<Integer> numbers = new ArrayList<>();
    for (Runnable task : queue.stealHalf()) {
      numbers.add(((Numbered) task).number);
    }
    return numbers;
  }
}
