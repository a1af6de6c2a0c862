package io.heddle.evidence.history;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A few threads that each do a few operations, all at the same time, on a few objects. */
record Program(List<Item> items, List<List<Operation>> threads) {
  Program {
    items = List.copyOf(items);
    threads = threads.stream().map(List::copyOf).toList();
  }

  /** The index of the context, -1 if there is no context. */
  int context() {
    for (int i = 0; i < items.size(); i++) {
      if (items.get(i).kind() == Item.Kind.CONTEXT) {
        return i;
      }
    }
    return -1;
  }

  /** What an object is called in what people read. */
  String name(int item) {
    return items.get(item).kind().name().toLowerCase(Locale.ROOT).replace("_", "") + item;
  }

  /** The objects as people read them. */
  String describe() {
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      int size = items.get(i).size();
      parts.add(
          name(i)
              + switch (items.get(i).kind()) {
                case CHANNEL -> " of capacity " + size;
                case SEMAPHORE -> " of " + size;
                case WAIT_GROUP -> " at " + size;
                case COND -> " of " + name(size);
                case MUTEX, RW_MUTEX, TIMER, CONTEXT -> "";
              });
    }
    return String.join(", ", parts);
  }

  /** This program without one operation. */
  Program without(int thread, int index) {
    List<List<Operation>> rest = new ArrayList<>(threads);
    List<Operation> own = new ArrayList<>(threads.get(thread));
    own.remove(index);
    rest.set(thread, own);
    return new Program(items, rest);
  }
}
