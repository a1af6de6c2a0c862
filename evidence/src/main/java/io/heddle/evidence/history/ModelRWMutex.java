package io.heddle.evidence.history;

import io.heddle.evidence.history.Operation.Choice;
import io.heddle.evidence.history.Operation.Deed;
import io.heddle.evidence.history.Operation.Verb;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A read-write mutex for one thread. A writer that waits keeps new readers out; a writer that
 * unlocks lets all readers in that wait, the last reader the first writer.
 */
final class ModelRWMutex extends Thing {
  private final List<Node> readers;
  private final List<Node> writers;
  private boolean writing;
  private int reading;

  ModelRWMutex() {
    this(false, 0, new ArrayList<>(), new ArrayList<>());
  }

  private ModelRWMutex(boolean writing, int reading, List<Node> readers, List<Node> writers) {
    this.writing = writing;
    this.reading = reading;
    this.readers = readers;
    this.writers = writers;
  }

  @Override
  Ready ready(Choice choice, Call call) {
    boolean free =
        choice.verb() == Verb.LOCK
            ? !writing && reading == 0 && writers.isEmpty() && readers.isEmpty()
            : !writing && writers.isEmpty();
    return free ? Ready.YES : Ready.NO;
  }

  @Override
  int take(Choice choice, Call call, Model model) {
    if (choice.verb() == Verb.LOCK) {
      writing = true;
    } else {
      reading++;
    }
    return 0;
  }

  @Override
  int act(Deed deed, int argument, Call call, Model model) {
    switch (deed) {
      case UNLOCK -> {
        if (!writing) {
          return Outcome.REFUSED;
        }
        writing = false;
        admitReaders(model);
        admitWriter(model);
      }
      case READ_UNLOCK -> {
        if (reading == 0) {
          return Outcome.REFUSED;
        }
        reading--;
        if (reading == 0) {
          admitWriter(model);
          admitReaders(model);
        }
      }
      default -> throw unknown(deed);
    }
    return 0;
  }

  private void admitReaders(Model model) {
    if (!writing) {
      while (!readers.isEmpty()) {
        Node reader = readers.removeFirst();
        if (!reader.isOver()) {
          reading++;
          model.serve(reader, 0);
        }
      }
    }
  }

  private void admitWriter(Model model) {
    while (!writing && reading == 0 && !writers.isEmpty()) {
      Node writer = writers.removeFirst();
      if (!writer.isOver()) {
        writing = true;
        model.serve(writer, 0);
      }
    }
  }

  @Override
  boolean isTakenByWaiters() {
    return false;
  }

  @Override
  void enqueue(Choice choice, Node node) {
    (choice.verb() == Verb.LOCK ? writers : readers).add(node);
  }

  @Override
  boolean remove(int call) {
    boolean removed = writers.removeIf(node -> node.call() == call);
    return readers.removeIf(node -> node.call() == call) || removed;
  }

  @Override
  boolean linger(int call) {
    readers.replaceAll(node -> node.without(call));
    writers.replaceAll(node -> node.without(call));
    return Stream.concat(readers.stream(), writers.stream()).anyMatch(node -> node.call() == call);
  }

  @Override
  void withdrawn(Model model) {
    if (writers.isEmpty()) {
      admitReaders(model);
    } else if (!writing) {
      admitReaderOfOnlyWriter(model);
    }
  }

  /** The read case of a select does not wait behind nothing but that select's write cases. */
  private void admitReaderOfOnlyWriter(Model model) {
    int call = writers.getFirst().call();
    if (writers.stream().allMatch(writer -> writer.call() == call)) {
      readers.stream()
          .filter(reader -> reader.call() == call)
          .findFirst()
          .ifPresent(reader -> {
            readers.remove(reader);
            if (!reader.isOver()) {
              reading++;
              model.serve(reader, 0);
            }
          });
    }
  }

  @Override
  boolean changesUnseen() {
    return true;
  }

  @Override
  Thing copy() {
    return new ModelRWMutex(writing, reading, new ArrayList<>(readers), new ArrayList<>(writers));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ModelRWMutex mutex
        && writing == mutex.writing
        && reading == mutex.reading
        && readers.equals(mutex.readers)
        && writers.equals(mutex.writers);
  }

  @Override
  public int hashCode() {
    return Objects.hash(writing, reading, readers, writers);
  }
}
