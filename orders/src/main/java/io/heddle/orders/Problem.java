package io.heddle.orders;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What went wrong, as RFC 9457 has it.
 *
 * @param type what kind of problem it is: a URN of the CA's, or {@code about:blank}
 * @param title one line for any problem of the type
 * @param status the HTTP status, 0 if it did not come by HTTP
 * @param detail what happened this time, and what to do: for a person, so it is cut at 2,000
 *     characters, and an order of a hundred domains stays readable
 */
public record Problem(String type, String title, int status, @Nullable String detail) {
  /** The types of the CA's problems begin so. */
  public static final String ACME = "urn:ietf:params:acme:error:";

  /** The types of our own problems begin so. */
  public static final String OURS = "urn:heddle:orders:";

  private static final int MAX_DETAIL = 2000;

  /** Cuts the detail. */
  public Problem {
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(title, "title");
    if (detail != null && detail.length() > MAX_DETAIL) {
      detail = detail.substring(0, MAX_DETAIL) + "...";
    }
  }

  /**
   * A problem of our own with an order.
   *
   * @param title one line for any problem of the type
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
