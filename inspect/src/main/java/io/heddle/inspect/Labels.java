package io.heddle.inspect;

import io.heddle.internal.Inspection;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * A label of the calling goroutine, which profiles and the live page show: Go's {@code pprof.Do}.
 * Goroutines that it starts meanwhile have the same labels.
 *
 * {@snippet :
 * try (var _ = Labels.set("tenant", order.tenant())) {
 *   process(order);
 * }
 * }
 *
 * <p>Costs nothing in a JVM that was not started to be observed. Threads that are not goroutines
 * have no labels.
 */
public final class Labels implements AutoCloseable {
  private final Map<String, String> before;

  private Labels(Map<String, String> before) {
    this.before = before;
  }

  /**
   * Gives the calling goroutine a label, in addition to those it has. A label of the same name is
   * replaced.
   *
   * @param name such as {@code tenant}
   * @param value few different values are better than many: profiles count each combination
   * @return to be closed by the same goroutine; gives it the labels back that it had
   */
  public static Labels set(String name, String value) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(value, "value");
    Inspection inspection = Inspection.get();
    Map<String, String> before = inspection.labels();
    Map<String, String> with = new TreeMap<>(before);
    with.put(name, value);
    inspection.setLabels(Map.copyOf(with));
    return new Labels(before);
  }

  /** Gives the calling goroutine the labels back that it had. */
  @Override
  public void close() {
    Inspection.get().setLabels(before);
  }
}
