package io.heddle;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Goroutines that have leaked and are alike: see {@link Leaks}.
 *
 * @param count how many they are
 * @param name the name they were given, null if none
 * @param waitReason what they waited for, such as {@code chan send}
 * @param stack where they waited, the innermost frame first; empty for some of many that began to
 *     wait at the same time, as it takes time to find out
 * @param createdBy where they were created, as in {@link Goroutine#createdBy}
 */
public record Leak(
    long count,
    @Nullable String name,
    String waitReason,
    List<StackTraceElement> stack,
    String createdBy) {

  /** Copies the stack. */
  public Leak {
    stack = List.copyOf(stack);
  }

  /**
   * The leak as a report shows it.
   *
   * @return several lines
   */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append(count == 1 ? "a goroutine has" : count + " goroutines have");
    text.append(" leaked: nothing that is left can wake ").append(count == 1 ? "it" : "them");
    text.append("\ngoroutine");
    if (name != null) {
      text.append(" \"").append(name).append('"');
    }
    text.append(" [").append(waitReason).append("]:\n");
    stack.forEach(frame -> text.append("\tat ").append(frame).append('\n'));
    return text.append("created by ").append(createdBy).toString();
  }
}
