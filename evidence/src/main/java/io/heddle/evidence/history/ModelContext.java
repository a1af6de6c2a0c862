package io.heddle.evidence.history;

import io.heddle.evidence.history.Operation.Choice;
import io.heddle.evidence.history.Operation.Deed;
import org.jspecify.annotations.Nullable;

/** A context for one thread. */
final class ModelContext extends Thing {
  boolean done;

  @Override
  Ready ready(Choice choice, Call call) {
    return done ? Ready.YES : Ready.NO;
  }

  @Override
  int take(Choice choice, Call call, Model model) {
    return 0;
  }

  @Override
  int act(Deed deed, int argument, Call call, Model model) {
    if (deed != Deed.CANCEL) {
      throw unknown(deed);
    }
    done = true;
    return 0;
  }

  @Override
  Thing copy() {
    ModelContext copy = new ModelContext();
    copy.done = done;
    return copy;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ModelContext context && done == context.done;
  }

  @Override
  public int hashCode() {
    return Boolean.hashCode(done);
  }
}
