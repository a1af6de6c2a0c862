package io.heddle.evidence.history;

import io.heddle.evidence.history.Operation.Choice;
import io.heddle.evidence.history.Operation.Deed;
import org.jspecify.annotations.Nullable;

/** A wait group for one thread, in its first use. */
final class ModelWaitGroup extends Thing {
  private int count;

  ModelWaitGroup(int count) {
    this.count = count;
  }

  @Override
  Ready ready(Choice choice, Call call) {
    return count == 0 ? Ready.YES : Ready.NO;
  }

  @Override
  int take(Choice choice, Call call, Model model) {
    return 0;
  }

  @Override
  int act(Deed deed, int argument, Call call, Model model) {
    if (deed != Deed.DONE) {
      throw unknown(deed);
    }
    if (count == 0) {
      return Outcome.REFUSED;
    }
    count--;
    return 0;
  }

  @Override
  Thing copy() {
    return new ModelWaitGroup(count);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ModelWaitGroup group && count == group.count;
  }

  @Override
  public int hashCode() {
    return count;
  }
}
