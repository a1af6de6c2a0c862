package io.heddle.evidence.history;

import io.heddle.evidence.history.Operation.Choice;
import io.heddle.evidence.history.Operation.Deed;
import org.jspecify.annotations.Nullable;

/**
 * A mutex for one thread. Which thread gets it when it is free is left open: new threads may
 * overtake waiting ones.
 */
final class ModelMutex extends Thing {
  boolean locked;

  @Override
  Ready ready(Choice choice, Call call) {
    return locked ? Ready.NO : Ready.YES;
  }

  @Override
  int take(Choice choice, Call call, Model model) {
    locked = true;
    return 0;
  }

  @Override
  int act(Deed deed, int argument, Call call, Model model) {
    if (deed != Deed.UNLOCK) {
      throw unknown(deed);
    }
    if (!locked) {
      return Outcome.REFUSED;
    }
    locked = false;
    return 0;
  }

  @Override
  boolean changesUnseen() {
    return true;
  }

  @Override
  Thing copy() {
    ModelMutex copy = new ModelMutex();
    copy.locked = locked;
    return copy;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ModelMutex mutex && locked == mutex.locked;
  }

  @Override
  public int hashCode() {
    return Boolean.hashCode(locked);
  }
}
