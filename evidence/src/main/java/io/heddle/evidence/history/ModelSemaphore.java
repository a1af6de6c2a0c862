package io.heddle.evidence.history;

import io.heddle.evidence.history.Operation.Choice;
import io.heddle.evidence.history.Operation.Deed;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A semaphore for one thread. No request overtakes another, but a request for more than the total
 * blocks no other request, and requests of one select do not wait for each other.
 */
final class ModelSemaphore extends Thing {
  private final int size;
  private final List<Node> queue;
  private int held;

  ModelSemaphore(int size) {
    this(size, 0, new ArrayList<>());
  }

  private ModelSemaphore(int size, int held, List<Node> queue) {
    this.size = size;
    this.held = held;
    this.queue = queue;
  }

  @Override
  Ready ready(Choice choice, Call call) {
    return choice.argument() <= size - held && queue.isEmpty() ? Ready.YES : Ready.NO;
  }

  @Override
  int take(Choice choice, Call call, Model model) {
    held += choice.argument();
    return 0;
  }

  @Override
  int act(Deed deed, int argument, Call call, Model model) {
    return switch (deed) {
      case AVAILABLE -> size - held;
      case RELEASE -> {
        if (argument > held) {
          yield Outcome.REFUSED;
        }
        held -= argument;
        withdrawn(model);
        yield 0;
      }
      default -> throw unknown(deed);
    };
  }

  @Override
  boolean isTakenByWaiters() {
    return false;
  }

  @Override
  void enqueue(Choice choice, Node node) {
    if (node.argument() <= size) {
      queue.add(node);
    }
  }

  @Override
  boolean remove(int call) {
    return queue.removeIf(node -> node.call() == call);
  }

  @Override
  boolean linger(int call) {
    queue.replaceAll(node -> node.without(call));
    return queue.stream().anyMatch(node -> node.call() == call);
  }

  @Override
  void withdrawn(Model model) {
    for (Node node = next(); node != null; node = next()) {
      queue.remove(node);
      if (!node.isOver()) {
        held += node.argument();
        model.serve(node, 0);
      }
    }
  }

  /** The first, unless that wants too much: then another case of the same select may do. */
  private @Nullable Node next() {
    return queue.stream()
        .takeWhile(node -> node.call() == queue.getFirst().call())
        .filter(node -> node.argument() <= size - held)
        .findFirst()
        .orElse(null);
  }

  @Override
  Thing copy() {
    return new ModelSemaphore(size, held, new ArrayList<>(queue));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ModelSemaphore semaphore
        && held == semaphore.held
        && queue.equals(semaphore.queue);
  }

  @Override
  public int hashCode() {
    return Objects.hash(held, queue);
  }
}
