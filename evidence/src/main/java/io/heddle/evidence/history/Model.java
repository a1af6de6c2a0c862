package io.heddle.evidence.history;

import io.heddle.evidence.history.Operation.Act;
import io.heddle.evidence.history.Operation.Choice;
import io.heddle.evidence.history.Operation.CondWait;
import io.heddle.evidence.history.Operation.Mode;
import io.heddle.evidence.history.Operation.Verb;
import io.heddle.evidence.history.Operation.Wait;
import io.heddle.evidence.history.Thing.Node;
import io.heddle.evidence.history.Thing.Ready;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The sequential specification: all objects of a program and how far each call has come.
 *
 * <p>An operation that waits takes effect in two steps, as in Scherer and Scott's dual data
 * structures: first it joins a queue, because nothing was ready; later it is served, in the step of
 * whoever serves it, or gives up, in a step of its own. Both steps lie between its call and its
 * return. That is what a rendezvous needs: a send and a receive on an unbuffered channel overlap,
 * and whichever comes second does both. It specifies more than outcomes, too: the queues are in the
 * order of the first steps, so being served out of turn is an error.
 *
 * <p>A select of several cases that was served at one object leaves the queues of the others a
 * moment later, when its thread runs. At a channel this has no effect. At a semaphore and a
 * read-write mutex others wait behind it until then, or are refused: so there, leaving is a step of
 * its own.
 *
 * <p>A select looks at all its cases with their objects locked. But mutexes and read-write mutexes
 * are locked and unlocked by a compare-and-set that ignores such locks. So each look at one of
 * them, too, may be a step of its own.
 */
final class Model {
  // How far a call has come, where it is not yet an Outcome.
  private static final int NEW = -100;
  private static final int WAITING = -101;
  // A wait for a signal joins the queue, unlocks, is signalled or gives up, and locks.
  private static final int QUEUED = -102;
  private static final int SIGNALLED_EARLY = -103;

  /** To lock again; the outcome is to be added. */
  private static final int RELOCKING = -200;

  private final History history;
  private final List<Thing> things;
  private final int[] progress;

  /** Which calls are over and still in some queue. */
  private final boolean[] lingers;

  /** The cases of a select in progress that it has checked and that were not ready then. */
  private final int[] unready;

  private int interrupts;

  /** Whether a call has come to another outcome than it has in the history. */
  private boolean impossible;

  private Model(Model original) {
    history = original.history;
    things = original.things.stream().map(Thing::copy).toList();
    progress = original.progress.clone();
    lingers = original.lingers.clone();
    unready = original.unready.clone();
    interrupts = original.interrupts;
  }

  Model(History history) {
    this.history = history;
    things = history.program.items().stream().map(Model::thing).toList();
    progress = new int[history.calls.size()];
    Arrays.fill(progress, NEW);
    lingers = new boolean[progress.length];
    unready = new int[progress.length];
  }

  private static Thing thing(Item item) {
    return switch (item.kind()) {
      case CHANNEL -> new ModelChan(item.size());
      case MUTEX -> new ModelMutex();
      case RW_MUTEX -> new ModelRWMutex();
      case SEMAPHORE -> new ModelSemaphore(item.size());
      case WAIT_GROUP -> new ModelWaitGroup(item.size());
      case COND -> new ModelCond();
      case TIMER -> new ModelTimer();
      case CONTEXT -> new ModelContext();
    };
  }

  /** Whether the call has taken effect, with the outcome that it has in the history. */
  boolean isDone(int call) {
    return hasOutcome(call) && !lingers[call];
  }

  private boolean hasOutcome(int call) {
    return progress[call] == history.calls.get(call).outcome;
  }

  /** Finds the states that one step of a call leads to. */
  void step(int index, Consumer<Model> found) {
    Call call = history.calls.get(index);
    if (lingers[index]) {
      leaveOne(index, found);
    }
    switch (call.operation) {
      case Wait wait when progress[index] == NEW -> begin(index, wait, call, found);
      case Wait wait when progress[index] == WAITING -> {
        for (int i = 0; i < wait.cases().size(); i++) {
          Choice choice = wait.cases().get(i);
          if (thing(choice).isTakenByWaiters() && thing(choice).ready(choice, call) != Ready.NO) {
            choose(index, i, choice, call, found);
          }
        }
        if (call.outcome == Outcome.TIMED_OUT
            && wait.mode() == Mode.BRIEFLY
            && wait.cases().stream()
                .allMatch(
                    one -> !thing(one).isTakenByWaiters() || thing(one).mayExpire(one, call))) {
          giveUp(index, Outcome.TIMED_OUT, found);
        }
        giveUpIfToldTo(index, wait.mode(), call, found);
      }
      case CondWait wait -> stepOfCondWait(index, wait, call, found);
      case Act act when progress[index] == NEW -> {
        Model next = new Model(this);
        next.finish(index, next.act(act, call));
        next.report(found);
      }
      default -> {}
    }
  }

  private void begin(int index, Wait wait, Call call, Consumer<Model> found) {
    List<Choice> cases = wait.cases();
    boolean canGo = false;
    boolean mustGo = false; // unless the ready cases were checked earlier, when they were not ready
    for (int i = 0; i < cases.size(); i++) {
      Choice choice = cases.get(i);
      Ready is = thing(choice).ready(choice, call);
      // Whoever is interrupted and asks for the end of its context learns of that first.
      boolean isInTurn =
          !mustGo || !wait.inOrder() || (choice.verb() == Verb.END && isInterrupted(call.thread));
      if (is != Ready.NO && isInTurn) {
        choose(index, i, choice, call, found);
      }
      canGo |= is == Ready.YES;
      mustGo |= is == Ready.YES && !wasSeenUnready(index, i);
      if (is == Ready.NO
          && cases.size() > 1
          && thing(choice).changesUnseen()
          && !wasSeenUnready(index, i)) {
        Model next = new Model(this);
        next.unready[index] |= 1 << i;
        next.report(found);
      }
    }
    if (wait.mode() == Mode.NOT_AT_ALL && !mustGo) {
      Model next = new Model(this);
      next.finish(index, Outcome.NOTHING);
      next.report(found);
    } else if (wait.mode() != Mode.NOT_AT_ALL && !canGo) {
      join(index, wait, List.of(), found);
    }
    giveUpIfToldTo(index, wait.mode(), call, found);
  }

  /**
   * Joins the queues: in the order of the cases or, where chance decides among several cases of one
   * object, in any order.
   *
   * @param order the cases that come first
   */
  private void join(int index, Wait wait, List<Integer> order, Consumer<Model> found) {
    List<Choice> cases = wait.cases();
    if (order.size() < cases.size()) {
      boolean inAnyOrder =
          !wait.inOrder() && cases.stream().map(Choice::item).distinct().count() < cases.size();
      for (int i = 0; i < cases.size(); i++) {
        if (inAnyOrder ? !order.contains(i) : i == order.size()) {
          List<Integer> longer = new ArrayList<>(order);
          longer.add(i);
          join(index, wait, longer, found);
        }
      }
      return;
    }
    Model next = new Model(this);
    next.progress[index] = WAITING;
    next.unready[index] = 0;
    for (int i : order) {
      Choice choice = cases.get(i);
      next.thing(choice).enqueue(choice, new Node(index, i, choice.argument()));
    }
    next.report(found);
  }

  private boolean wasSeenUnready(int index, int choice) {
    return (unready[index] & 1 << choice) != 0;
  }

  private void choose(int index, int i, Choice choice, Call call, Consumer<Model> found) {
    Model next = new Model(this);
    int value = next.thing(choice).take(choice, call, next);
    next.leave(index);
    next.finish(index, next.outcome(index, i, value));
    next.report(found);
  }

  private int outcome(int index, int choice, int value) {
    Operation operation = history.calls.get(index).operation;
    if (value == Outcome.REFUSED) {
      return value;
    }
    // To try to receive from a closed channel yields null, as from an empty one.
    boolean isPlainTry =
        operation instanceof Wait wait
            && wait.mode() == Mode.NOT_AT_ALL
            && wait.cases().size() == 1;
    return isPlainTry && value == Outcome.CLOSED ? Outcome.NOTHING : Outcome.of(choice, value);
  }

  private void stepOfCondWait(int index, CondWait wait, Call call, Consumer<Model> found) {
    int mutex = history.program.items().get(wait.item()).size();
    ModelMutex lock = (ModelMutex) things.get(mutex);
    ModelCond cond = (ModelCond) things.get(wait.item());
    int at = progress[index];
    if (at == NEW) {
      Model next = new Model(this);
      ((ModelCond) next.things.get(wait.item())).queue.add(new Node(index, 0, 0));
      next.progress[index] = QUEUED;
      next.report(found);
      giveUpIfToldTo(index, wait.mode(), call, found);
    } else if (at == QUEUED || at == SIGNALLED_EARLY) {
      Model next = new Model(this);
      ((ModelMutex) next.things.get(mutex)).locked = false;
      next.progress[index] = at == QUEUED ? WAITING : RELOCKING + Outcome.of(0, 0);
      next.report(found);
    } else if (at == WAITING) {
      if (mayBecome(call, Outcome.TIMED_OUT) && wait.mode() == Mode.BRIEFLY) {
        giveUp(index, Outcome.TIMED_OUT, found);
      }
      giveUpIfToldTo(index, wait.mode(), call, found);
    } else if (isRelocking(at) && !lock.locked) {
      Model next = new Model(this);
      ((ModelMutex) next.things.get(mutex)).locked = true;
      next.finish(index, at - RELOCKING);
      next.report(found);
    }
    assert cond.queue.size() <= progress.length;
  }

  private static boolean isRelocking(int at) {
    return at <= RELOCKING + 1 && at > RELOCKING - 50;
  }

  private void giveUpIfToldTo(int index, Mode mode, Call call, Consumer<Model> found) {
    if (mayBecome(call, Outcome.INTERRUPTED) && isInterrupted(call.thread)) {
      giveUp(index, Outcome.INTERRUPTED, found);
    }
    if (mayBecome(call, Outcome.CANCELLED) && mode == Mode.UNDER_CONTEXT && isCancelled()) {
      giveUp(index, Outcome.CANCELLED, found);
    }
  }

  /** A wait for a signal can give up and then never get its mutex back, and so never tell. */
  private static boolean mayBecome(Call call, int outcome) {
    return call.outcome == outcome
        || (call.outcome == Outcome.NONE && call.operation instanceof CondWait);
  }

  private void giveUp(int index, int outcome, Consumer<Model> found) {
    Call call = history.calls.get(index);
    Model next = new Model(this);
    if (outcome == Outcome.INTERRUPTED) {
      next.interrupts &= ~(1 << call.thread);
    }
    boolean hasUnlocked = call.operation instanceof CondWait && progress[index] == WAITING;
    next.leave(index);
    if (hasUnlocked) {
      next.progress[index] = RELOCKING + outcome;
    } else {
      next.finish(index, outcome);
    }
    next.report(found);
  }

  private int act(Act act, Call call) {
    return switch (act.deed()) {
      case INTERRUPT -> {
        interrupts |= 1 << act.item();
        yield 0;
      }
      case ASK_INTERRUPTED -> {
        boolean was = isInterrupted(call.thread);
        interrupts &= ~(1 << call.thread);
        yield Outcome.of(was);
      }
      default -> things.get(act.item()).act(act.deed(), act.argument(), call, this);
    };
  }

  /** Serves a call that was taken out of a thing's queue; it leaves all other queues. */
  void serve(Node node, int value) {
    int index = node.call();
    if (history.calls.get(index).operation instanceof CondWait) {
      progress[index] = progress[index] == QUEUED ? SIGNALLED_EARLY : RELOCKING + Outcome.of(0, 0);
      return;
    }
    finish(index, outcome(index, node.choice(), value));
    leave(index);
  }

  /** Takes a call out of all queues in which it still is, or begins to. */
  private void leave(int index) {
    boolean select =
        history.calls.get(index).operation instanceof Wait wait && wait.cases().size() > 1;
    for (Thing thing : things) {
      if (select && thing.linger(index)) {
        lingers[index] = true;
      } else if (thing.remove(index)) {
        thing.withdrawn(this);
      }
    }
  }

  /** Takes a call whose wait is over out of one of the queues in which it still is. */
  private void leaveOne(int index, Consumer<Model> found) {
    for (int i = 0; i < things.size(); i++) {
      Model next = new Model(this);
      if (next.things.get(i).remove(index)) {
        next.things.get(i).withdrawn(next);
        next.lingers[index] = next.things.stream().anyMatch(thing -> thing.linger(index));
        next.report(found);
      }
    }
  }

  private void finish(int index, int outcome) {
    progress[index] = outcome;
    unready[index] = 0;
    impossible |= outcome != history.calls.get(index).outcome;
  }

  private void report(Consumer<Model> found) {
    if (!impossible) {
      found.accept(this);
    }
  }

  /** Whether a call that never returns waits for something that has not happened. */
  boolean isAsleepRightly(int index) {
    Call call = history.calls.get(index);
    if (isInterrupted(call.thread)) {
      return isRelocking(progress[index]); // that, an interrupt does not end
    }
    if (call.operation.mode() == Mode.UNDER_CONTEXT && isCancelled()) {
      return isRelocking(progress[index]);
    }
    return switch (call.operation) {
      case Wait wait ->
          progress[index] == WAITING
              && wait.mode() != Mode.BRIEFLY
              && wait.cases().stream()
                  .allMatch(one ->
                      !thing(one).isTakenByWaiters() || thing(one).ready(one, call) == Ready.NO);
      case CondWait wait ->
          (progress[index] == WAITING && wait.mode() != Mode.BRIEFLY)
              || (isRelocking(progress[index])
                  && ((ModelMutex) things.get(history.program.items().get(wait.item()).size()))
                      .locked);
      case Act act -> false;
    };
  }

  private boolean isInterrupted(int thread) {
    return (interrupts & 1 << thread) != 0;
  }

  private boolean isCancelled() {
    return things.get(history.program.context()) instanceof ModelContext context && context.done;
  }

  private Thing thing(Choice choice) {
    return things.get(choice.item());
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Model model
        && interrupts == model.interrupts
        && Arrays.equals(progress, model.progress)
        && Arrays.equals(lingers, model.lingers)
        && Arrays.equals(unready, model.unready)
        && things.equals(model.things);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(progress) * 31 + things.hashCode();
  }
}
