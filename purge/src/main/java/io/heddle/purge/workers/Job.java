package io.heddle.purge.workers;

import com.google.gson.Gson;
import io.heddle.purge.keys.KeyJson;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What all processes know about a job.
 *
 * @param run distinguishes the job from earlier ones with the same name: later than theirs, and
 *     about the time in milliseconds since 1970
 * @param store the name of the store
 * @param selection the selected keys, as text
 * @param options the other options that must be the same in all processes
 * @param begun when the job began, and as of when the ages of keys are judged, by the clock of the
 *     servers, in ISO form
 * @param rate the limit of all processes together, in keys per second; 0 for none
 * @param parts the parts; the last one is the whole selection
 * @param ended when the job ended; null if it has not
 */
record Job(
    long run,
    String store,
    String selection,
    String options,
    String begun,
    double rate,
    List<Part> parts,
    @Nullable String ended) {
  private static final Gson GSON = new Gson();

  static Job parse(String text) {
    return GSON.fromJson(text, Job.class);
  }

  String text() {
    return KeyJson.line(GSON.toJsonTree(this));
  }

  Job endedAt(String time) {
    return new Job(run, store, selection, options, begun, rate, parts, time);
  }

  Job withRate(double other) {
    return new Job(run, store, selection, options, begun, other, parts, ended);
  }

  /** The number of the part that is the whole selection. */
  int last() {
    return parts.size() - 1;
  }
}
