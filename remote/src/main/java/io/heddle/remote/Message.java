package io.heddle.remote;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A value to be sent, with what the backend needs to know about it.
 *
 * {@snippet :
 * outlet.send(Message.of(job).withId("order-7").inOrderOf("customer-3").after(Duration.ofMinutes(5)));
 * }
 *
 * @param <T> the value
 * @param value the value, not null
 * @param id identifies the message in its channel, 1 to 400 characters. A message with an id that
 *     the channel contains, or whose message was acknowledged less than {@link Remote#WINDOW} ago,
 *     is not stored again: the send returns normally
 * @param key messages with the same key are delivered one after the other, in the order in which
 *     they were stored; empty for no order; at most 400 characters
 * @param delay the time until the message may be delivered; zero or less is at once
 * @param headers text that travels with the value, such as {@code traceparent}. A name consists of
 *     letters, digits and hyphens; a value has no line break
 */
public record Message<T>(
    T value, String id, String key, Duration delay, Map<String, String> headers) {
  private static final int LONGEST = 400;

  /**
   * Checks that every backend can store it, and copies the headers.
   *
   * @throws IllegalArgumentException if the id, the key or a header is unsuitable
   */
  public Message {
    Objects.requireNonNull(value, "value");
    Objects.requireNonNull(delay, "delay");
    if (id.isEmpty() || id.length() > LONGEST || key.length() > LONGEST) {
      throw new IllegalArgumentException(
          "an id of "
              + id.length()
              + " and a key of "
              + key.length()
              + " characters: an id has 1 to "
              + LONGEST
              + ", and a key at most "
              + LONGEST);
    }
    if (id.indexOf('\0') >= 0 || key.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          "an id or a key contains U+0000, which PostgreSQL does not store");
    }
    headers = Map.copyOf(headers);
    headers.forEach(Envelope::check);
  }

  /**
   * A message with a random id, without a key, a delay and headers.
   *
   * @param <T> the value
   * @param value the value
   * @return the message
   */
  public static <T> Message<T> of(T value) {
    return new Message<>(value, UUID.randomUUID().toString(), "", Duration.ZERO, Map.of());
  }

  /**
   * The same message with another id.
   *
   * @param id identifies the message in its channel
   * @return the message
   */
  public Message<T> withId(String id) {
    return new Message<>(value, id, key, delay, headers);
  }

  /**
   * The same message with another key. While a message is being processed or waits for a retry,
   * later messages with its key wait. A dead message delays none. After the lease of a delivery was
   * lost, its handler may overlap with that of the next delivery.
   *
   * @param key the key; empty for no order
   * @return the message
   */
  public Message<T> inOrderOf(String key) {
    return new Message<>(value, id, key, delay, headers);
  }

  /**
   * The same message with another delay: NSQ's {@code DeferredPublish}.
   *
   * @param delay the time until it may be delivered, measured by the backend's clock from the
   *     moment it is stored
   * @return the message
   */
  public Message<T> after(Duration delay) {
    return new Message<>(value, id, key, delay, headers);
  }

  /**
   * The same message with one more header, or another value for it.
   *
   * @param name letters, digits and hyphens
   * @param text the header's value, without line breaks
   * @return the message
   */
  public Message<T> withHeader(String name, String text) {
    Map<String, String> more = new TreeMap<>(headers);
    more.put(name, text);
    return new Message<>(value, id, key, delay, more);
  }
}
