package io.heddle.evidence.history;

import io.heddle.evidence.history.Operation.Choice;
import io.heddle.evidence.history.Operation.Deed;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The queue of a condition; {@link Model} knows the steps of those who wait in it. */
final class ModelCond extends Thing {
  final List<Node> queue;

  ModelCond() {
    this(new ArrayList<>());
  }

  private ModelCond(List<Node> queue) {
    this.queue = queue;
  }

  @Override
  Ready ready(Choice choice, Call call) {
    throw unknown(choice);
  }

  @Override
  int take(Choice choice, Call call, Model model) {
    throw unknown(choice);
  }

  @Override
  int act(Deed deed, int argument, Call call, Model model) {
    switch (deed) {
      case SIGNAL -> {
        if (!queue.isEmpty()) {
          model.serve(queue.removeFirst(), 0);
        }
      }
      case BROADCAST -> {
        while (!queue.isEmpty()) {
          model.serve(queue.removeFirst(), 0);
        }
      }
      default -> throw unknown(deed);
    }
    return 0;
  }

  @Override
  boolean isTakenByWaiters() {
    return false;
  }

  @Override
  boolean remove(int call) {
    return queue.removeIf(node -> node.call() == call);
  }

  @Override
  Thing copy() {
    return new ModelCond(new ArrayList<>(queue));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ModelCond cond && queue.equals(cond.queue);
  }

  @Override
  public int hashCode() {
    return queue.hashCode();
  }
}
