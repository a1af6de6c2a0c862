package io.heddle.evidence.golang;

import static io.heddle.evidence.golang.Tree.*;

import java.util.ArrayList;
import java.util.List;

/**
 * Goroutines with random sends and receives, where each channel has one sender and one receiver: a
 * Kahn network with bounded buffers. What each goroutine receives, and whether it gets to its end,
 * does not depend on the schedule, even if they deadlock or one panics.
 *
 * <p>The steps are taken from a run that gets to its end; then, sometimes, one is left out, doubled
 * or exchanged with another.
 */
final class Network {
  private record Step(boolean send, int chan) {}

  private Network() {}

  static void add(Draft draft, List<Stmt> body, int answer) {
    int size = draft.between(2, 5);
    int channels = draft.between(1, 6);
    List<Integer> chans = new ArrayList<>();
    int[] capacity = new int[channels];
    int[] senders = new int[channels];
    int[] receivers = new int[channels];
    for (int c = 0; c < channels; c++) {
      capacity[c] = draft.capacity();
      chans.add(draft.make(body, Kind.CHAN, capacity[c]));
      senders[c] = draft.between(0, size - 1);
      receivers[c] = draft.between(0, size - 1);
      if (senders[c] == receivers[c] && capacity[c] == 0) {
        receivers[c] = (senders[c] + 1) % size;
      }
    }
    List<List<Step>> steps = run(draft, size, capacity, senders, receivers);
    if (draft.isOutermost() && draft.chance(20)) {
      // Deeper inside, a loop might wait for it, and so forever.
      disturb(draft, draft.pick(steps));
    }
    int closing = draft.chance(30) ? draft.between(0, channels - 1) : -1;
    int group = draft.group(body);
    List<Integer> results = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      int result = draft.make(body, Kind.CELL);
      results.add(result);
      List<Step> mine = steps.get(i);
      int me = i;
      draft.go(
          body,
          group,
          go -> {
            int hash = draft.let(go, new Const(me));
            for (Step step : mine) {
              int chan = chans.get(step.chan);
              if (step.send) {
                draft.send(go, chan, new Var(hash));
                draft.sum(go, hash, new Const(1));
              } else {
                draft.mix(go, hash, new Var(draft.receive(go, chan)));
              }
            }
            if (closing != -1 && senders[closing] == me) {
              go.add(new Close(chans.get(closing)));
            }
            if (closing != -1 && receivers[closing] == me && senders[closing] != me) {
              draft.range(go, chans.get(closing), (loop, v) -> draft.mix(loop, hash, new Var(v)));
            }
            go.add(new Store(result, new Var(hash)));
          });
    }
    draft.await(body, group);
    results.forEach(cell -> draft.mix(body, answer, new Load(cell)));
  }

  private static List<List<Step>> run(
      Draft draft, int size, int[] capacity, int[] senders, int[] receivers) {
    List<List<Step>> steps = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      steps.add(new ArrayList<>());
    }
    int[] count = new int[capacity.length];
    for (int n = draft.between(3, 40); n > 0; n--) {
      int c = draft.between(0, capacity.length - 1);
      boolean send = draft.chance(50);
      if (capacity[c] == 0) {
        steps.get(senders[c]).add(new Step(true, c));
        steps.get(receivers[c]).add(new Step(false, c));
      } else if (send && count[c] < capacity[c]) {
        steps.get(senders[c]).add(new Step(true, c));
        count[c]++;
      } else if (!send && count[c] > 0) {
        steps.get(receivers[c]).add(new Step(false, c));
        count[c]--;
      }
    }
    return steps;
  }

  private static void disturb(Draft draft, List<Step> steps) {
    if (steps.isEmpty()) {
      return;
    }
    int i = draft.between(0, steps.size() - 1);
    switch (draft.between(0, 2)) {
      case 0 -> steps.remove(i);
      case 1 -> steps.add(i, steps.get(i));
      default -> java.util.Collections.swap(steps, i, draft.between(0, steps.size() - 1));
    }
  }
}
