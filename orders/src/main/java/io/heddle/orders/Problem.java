package io.heddle.orders;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A problem, in the form of RFC 9457.
 *
 * @param type the kind of problem: a URN of the CA, or {@code about:blank}
 * @param title one line that is the same for all problems of the type
 * @param status the HTTP status, 0 if the problem is not from HTTP
 * @param detail what happened this time, and what to do about it, for people. It is cut at 2,000
 *     characters, so that an order of a hundred domains stays readable
 */
public record Problem(String type, String title, int status, @Nullable String detail) {
  /** The prefix of the types of the CA's problems. */
  public static final String ACME = "urn:ietf:params:acme:error:";

  /** The prefix of the types of Heddle's own problems. */
  public static final String OURS = "urn:heddle:orders:";

  private static final int MAX_DETAIL = 2000;

  /** Shortens the detail. */
  public Problem {
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(title, "title");
    if (detail != null && detail.length() > MAX_DETAIL) {
      detail = detail.substring(0, MAX_DETAIL) + "...";
    }
  }

  /**
   * One of Heddle's own problems with an order.
   *
   * @param title one line that is the same for all problems of the type
   */
  public static Problem of(String name, String title, String detail) {
    return new Problem(OURS + name, title, 0, detail);
  }

  /** One line for people. */
  @Override
  public String toString() {
    return detail == null ? title : detail;
  }
}
