package io.heddle.purge.engine;

import io.heddle.purge.Outcome;
import java.util.List;

/** The events that the lister and the workers send to the collector. */
sealed interface Event {
  /** A page was listed; sent before any of its keys is handed to a worker. */
  record Listed(PageTicket page) implements Event {}

  /** A worker has finished a batch, with an outcome for each of its keys. */
  record Settled(Batch batch, List<Outcome> outcomes) implements Event {}
}
