package io.heddle.purge.engine;

import io.heddle.purge.Outcome;
import java.util.List;

/** What the lister and the workers tell the collector. */
sealed interface Event {
  /** A page was listed; told before any of its keys is handed out. */
  record Listed(PageTicket page) implements Event {}

  /** A worker is done with a batch; an outcome for each of its keys. */
  record Settled(Batch batch, List<Outcome> outcomes) implements Event {}
}
