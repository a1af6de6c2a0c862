package io.heddle.evidence.history;

import io.heddle.evidence.history.Operation.Choice;
import io.heddle.evidence.history.Operation.Deed;
import io.heddle.evidence.history.Operation.Verb;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A channel for one thread, with those who wait at it in their order. */
final class ModelChan extends Thing {
  private final int capacity;
  private final List<Integer> buffer;
  private final List<Node> senders;
  private final List<Node> receivers;
  private boolean closed;

  ModelChan(int capacity) {
    this(capacity, false, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
  }

  private ModelChan(
      int capacity,
      boolean closed,
      List<Integer> buffer,
      List<Node> senders,
      List<Node> receivers) {
    this.capacity = capacity;
    this.closed = closed;
    this.buffer = buffer;
    this.senders = senders;
    this.receivers = receivers;
  }

  @Override
  Ready ready(Choice choice, Call call) {
    boolean ready =
        choice.verb() == Verb.SEND
            ? closed || !receivers.isEmpty() || buffer.size() < capacity
            : closed || !senders.isEmpty() || !buffer.isEmpty();
    return ready ? Ready.YES : Ready.NO;
  }

  @Override
  int take(Choice choice, Call call, Model model) {
    if (choice.verb() == Verb.SEND) {
      if (closed) {
        return Outcome.REFUSED;
      }
      if (!receivers.isEmpty()) {
        model.serve(receivers.removeFirst(), choice.argument());
      } else {
        buffer.add(choice.argument());
      }
      return 0;
    }
    if (!buffer.isEmpty()) {
      int value = buffer.removeFirst();
      if (!senders.isEmpty()) {
        Node sender = senders.removeFirst();
        buffer.add(sender.argument());
        model.serve(sender, 0);
      }
      return value;
    }
    if (!senders.isEmpty()) {
      Node sender = senders.removeFirst();
      model.serve(sender, 0);
      return sender.argument();
    }
    return Outcome.CLOSED;
  }

  @Override
  int act(Deed deed, int argument, Call call, Model model) {
    return switch (deed) {
      case LEN -> buffer.size();
      case IS_DRAINED -> Outcome.of(closed && buffer.isEmpty());
      case CLOSE -> {
        if (closed) {
          yield Outcome.REFUSED;
        }
        closed = true;
        while (!receivers.isEmpty()) {
          model.serve(receivers.removeFirst(), Outcome.CLOSED);
        }
        while (!senders.isEmpty()) {
          model.serve(senders.removeFirst(), Outcome.REFUSED);
        }
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
    (choice.verb() == Verb.SEND ? senders : receivers).add(node);
  }

  @Override
  boolean remove(int call) {
    boolean removed = senders.removeIf(node -> node.call() == call);
    return receivers.removeIf(node -> node.call() == call) || removed;
  }

  @Override
  Thing copy() {
    return new ModelChan(
        capacity,
        closed,
        new ArrayList<>(buffer),
        new ArrayList<>(senders),
        new ArrayList<>(receivers));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ModelChan chan
        && closed == chan.closed
        && buffer.equals(chan.buffer)
        && senders.equals(chan.senders)
        && receivers.equals(chan.receivers);
  }

  @Override
  public int hashCode() {
    return Objects.hash(closed, buffer, senders, receivers);
  }
}
