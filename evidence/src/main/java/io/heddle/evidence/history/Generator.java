package io.heddle.evidence.history;

import io.heddle.evidence.history.Item.Kind;
import io.heddle.evidence.history.Operation.Act;
import io.heddle.evidence.history.Operation.Choice;
import io.heddle.evidence.history.Operation.CondWait;
import io.heddle.evidence.history.Operation.Deed;
import io.heddle.evidence.history.Operation.Mode;
import io.heddle.evidence.history.Operation.Verb;
import io.heddle.evidence.history.Operation.Wait;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/** Makes random programs, small enough to be checked and to collide. */
final class Generator {
  private static final int[] CAPACITIES = {0, 0, 0, 1, 1, 2, 3};
  private static final int[] NANOS = {0, 1_000, 5_000, 20_000, 100_000};

  private final SplittableRandom random;
  private final Set<Kind> kinds;
  private final List<Item> items = new ArrayList<>();
  private final int threads;
  private boolean interrupts;

  private Generator(SplittableRandom random, Set<Kind> kinds) {
    this.random = random;
    this.kinds = kinds;
    this.threads = random.nextInt(2, 5);
  }

  /** A program whose objects are of some of the kinds. */
  static Program program(SplittableRandom random, Set<Kind> kinds) {
    return new Generator(random, kinds).program();
  }

  /** A program whose objects are of any kind, mostly of few. */
  static Program program(SplittableRandom random) {
    Set<Kind> kinds = EnumSet.noneOf(Kind.class);
    int n = random.nextInt(1, 4);
    while (kinds.size() < n) {
      kinds.add(random.nextInt(3) == 0 ? Kind.CHANNEL : any(random, Kind.values()));
    }
    return program(random, kinds);
  }

  private Program program() {
    List<Kind> choice = new ArrayList<>(kinds);
    if (choice.contains(Kind.COND)) {
      items.add(new Item(Kind.MUTEX, 0));
      items.add(new Item(Kind.COND, 0));
      choice.remove(Kind.COND);
      choice.remove(Kind.MUTEX);
    }
    for (Kind kind : choice) {
      int n = kind == Kind.CONTEXT || kind == Kind.TIMER ? 1 : random.nextInt(1, 3);
      for (int i = 0; i < n && items.size() < 4; i++) {
        items.add(new Item(kind, size(kind)));
      }
    }
    if (items.stream().allMatch(item -> item.kind() == Kind.CONTEXT)) {
      items.add(new Item(Kind.CHANNEL, 0));
    }
    interrupts = random.nextInt(3) == 0;
    List<List<Operation>> all = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      all.add(operations(t));
    }
    return new Program(countDone(all), all);
  }

  private int size(Kind kind) {
    return switch (kind) {
      case CHANNEL -> CAPACITIES[random.nextInt(CAPACITIES.length)];
      case SEMAPHORE -> random.nextInt(1, 4);
      default -> 0;
    };
  }

  /** A wait group counts down to zero if the program is not held up. */
  private List<Item> countDone(List<List<Operation>> all) {
    List<Item> counted = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      Item item = items.get(i);
      Act done = new Act(Deed.DONE, i, 0);
      int count = (int) all.stream().flatMap(List::stream).filter(done::equals).count();
      counted.add(item.kind() == Kind.WAIT_GROUP ? new Item(item.kind(), count) : item);
    }
    return counted;
  }

  private List<Operation> operations(int thread) {
    List<Operation> operations = new ArrayList<>();
    int n = random.nextInt(1, threads == 2 ? 6 : 5);
    while (operations.size() < n) {
      if (interrupts && random.nextInt(5) == 0) {
        operations.add(new Act(Deed.INTERRUPT, random.nextInt(threads), 0));
      } else if (random.nextInt(4) == 0) {
        select(thread, operations);
      } else {
        int item = random.nextInt(items.size());
        operation(thread, item, operations);
      }
    }
    if (interrupts) {
      operations.add(new Act(Deed.ASK_INTERRUPTED, 0, 0));
    }
    return operations;
  }

  private void operation(int thread, int item, List<Operation> into) {
    int value = value(thread, into, 0);
    switch (items.get(item).kind()) {
      case CHANNEL -> {
        switch (random.nextInt(12)) {
          case 0 -> into.add(new Act(Deed.CLOSE, item, 0));
          case 1 -> into.add(new Act(Deed.LEN, item, 0));
          case 2 -> into.add(new Act(Deed.IS_DRAINED, item, 0));
          default -> into.add(wait(choice(item, value)));
        }
      }
      case MUTEX -> {
        into.add(wait(choice(item, 0)));
        sometimes(thread, into);
        into.add(new Act(Deed.UNLOCK, item, 0));
      }
      case RW_MUTEX -> {
        Choice lock = choice(item, 0);
        into.add(wait(lock));
        sometimes(thread, into);
        into.add(new Act(lock.verb() == Verb.LOCK ? Deed.UNLOCK : Deed.READ_UNLOCK, item, 0));
      }
      case SEMAPHORE -> {
        Choice acquire = choice(item, 0);
        into.add(wait(acquire));
        sometimes(thread, into);
        if (random.nextInt(4) == 0) {
          into.add(new Act(Deed.AVAILABLE, item, 0));
        }
        into.add(new Act(Deed.RELEASE, item, acquire.argument()));
      }
      case WAIT_GROUP ->
          into.add(random.nextInt(2) == 0 ? new Act(Deed.DONE, item, 0) : wait(choice(item, 0)));
      case COND -> {
        if (random.nextInt(2) == 0) {
          into.add(new Act(random.nextInt(3) == 0 ? Deed.BROADCAST : Deed.SIGNAL, item, 0));
        } else {
          int mutex = items.get(item).size();
          into.add(wait(choice(mutex, 0)));
          Mode mode = mode();
          into.add(new CondWait(mode == Mode.NOT_AT_ALL ? Mode.FOREVER : mode, limit(), item));
          into.add(new Act(Deed.UNLOCK, mutex, 0));
        }
      }
      case TIMER -> {
        switch (random.nextInt(5)) {
          case 0 -> into.add(new Act(Deed.STOP, item, 0));
          case 1, 2 -> into.add(new Act(Deed.RESET, item, nanos()));
          default -> into.add(wait(choice(item, 0)));
        }
      }
      case CONTEXT ->
          into.add(random.nextInt(2) == 0 ? new Act(Deed.CANCEL, item, 0) : wait(choice(item, 0)));
    }
  }

  /** Something to do while holding a lock. */
  private void sometimes(int thread, List<Operation> into) {
    int item = random.nextInt(items.size());
    if (random.nextInt(3) == 0 && items.get(item).kind() == Kind.CHANNEL) {
      operation(thread, item, into);
    }
  }

  private void select(int thread, List<Operation> into) {
    int n = random.nextInt(2, 4);
    List<Choice> choices = new ArrayList<>();
    while (choices.size() < n) {
      int item = random.nextInt(items.size());
      if (items.get(item).kind() != Kind.COND) {
        choices.add(choice(item, value(thread, into, choices.size())));
      }
    }
    into.add(wait(choices.toArray(Choice[]::new)));
    for (Choice one : choices) {
      switch (one.verb()) {
        case LOCK -> into.add(new Act(Deed.UNLOCK, one.item(), 0));
        case READ_LOCK -> into.add(new Act(Deed.READ_UNLOCK, one.item(), 0));
        case ACQUIRE -> into.add(new Act(Deed.RELEASE, one.item(), one.argument()));
        default -> {}
      }
    }
  }

  private Choice choice(int item, int value) {
    return switch (items.get(item).kind()) {
      case CHANNEL ->
          random.nextBoolean()
              ? new Choice(Verb.SEND, item, value)
              : new Choice(Verb.RECEIVE, item, 0);
      case MUTEX -> new Choice(Verb.LOCK, item, 0);
      case RW_MUTEX -> new Choice(random.nextInt(3) == 0 ? Verb.LOCK : Verb.READ_LOCK, item, 0);
      case SEMAPHORE ->
          new Choice(Verb.ACQUIRE, item, random.nextInt(1, items.get(item).size() + 1));
      case WAIT_GROUP -> new Choice(Verb.AWAIT, item, 0);
      case TIMER -> new Choice(Verb.EXPIRE, item, 0);
      case CONTEXT -> new Choice(Verb.END, item, 0);
      case COND -> throw new AssertionError("not a case of a select");
    };
  }

  private Wait wait(Choice... choices) {
    return new Wait(
        mode(), limit(), choices.length > 1 && random.nextInt(3) == 0, List.of(choices));
  }

  private Mode mode() {
    return switch (random.nextInt(10)) {
      case 0, 1, 2 -> Mode.NOT_AT_ALL;
      case 3, 4 -> Mode.BRIEFLY;
      case 5 ->
          items.stream().anyMatch(item -> item.kind() == Kind.CONTEXT)
              ? Mode.UNDER_CONTEXT
              : Mode.FOREVER;
      default -> Mode.FOREVER;
    };
  }

  private static int value(int thread, List<Operation> before, int choice) {
    return 1 + thread * 100 + before.size() * 4 + choice;
  }

  private Duration limit() {
    return Duration.ofNanos(nanos());
  }

  private int nanos() {
    return NANOS[random.nextInt(NANOS.length)];
  }

  @SafeVarargs
  private static <T> T any(SplittableRandom random, T... all) {
    return all[random.nextInt(all.length)];
  }
}
