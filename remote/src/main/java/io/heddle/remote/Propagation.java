package io.heddle.remote;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.Context;
import io.heddle.Go;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Carries a context's remaining time, its trace and chosen values between processes, as headers of
 * messages or of HTTP requests.
 *
 * {@snippet :
 * Propagation propagation = Propagation.of("tenant");
 * outlet.send(propagation.into(Message.of(job), context), context);
 *
 * // in the receiver:
 * Context work = propagation.values(delivery.context(), delivery::header);
 * Duration remaining = propagation.remaining(delivery::header);
 * }
 *
 * <p>Only metadata travels. The end of the sender's context does not cancel what is already in a
 * channel: a receiver that is to stop when the sender's time is over makes a context with {@link
 * Context#withTimeout(Duration)} of the remaining time.
 *
 * <p>The headers are {@code traceparent} and {@code baggage}, as the W3C defines them, {@code
 * Heddle-Timeout}, the remaining time in milliseconds, and {@code Heddle-Sent}, the sender's time
 * of day in milliseconds since 1970. Headers of other programs that are malformed are ignored.
 */
public final class Propagation {
  /** The trace that a context belongs to, as the text of a {@code traceparent} header. */
  public static final Context.Key<String> TRACEPARENT = Context.key("traceparent");

  /** Values with names, of which only those that a propagation permits leave the process. */
  public static final Context.Key<Map<String, String>> BAGGAGE = Context.key("baggage");

  private static final String TRACE_HEADER = "traceparent";
  private static final String BAGGAGE_HEADER = "baggage";
  private static final String TIMEOUT_HEADER = "Heddle-Timeout";
  private static final String SENT_HEADER = "Heddle-Sent";
  private static final Pattern TRACE =
      Pattern.compile("(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");
  private static final Pattern NUMBER = Pattern.compile("\\d{1,18}");

  private final Set<String> permitted;

  private Propagation(Set<String> permitted) {
    this.permitted = permitted;
  }

  /**
   * A propagation that carries baggage with certain names only, in both directions.
   *
   * @param baggage the names, which are tokens of HTTP: letters, digits and some punctuation
   * @return the propagation
   * @throws IllegalArgumentException if a name is not possible, or occurs twice
   */
  public static Propagation of(String... baggage) {
    for (String name : baggage) {
      checkName(name);
    }
    return new Propagation(Set.of(baggage));
  }

  private static void checkName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "the name of baggage consists of letters, digits and some punctuation: \"" + name + "\"");
    }
  }

  /**
   * What a context sends along.
   *
   * @param context has the deadline, {@link #TRACEPARENT} and {@link #BAGGAGE}
   * @return the headers; empty if the context has no deadline, trace or baggage. The remaining time
   *     is zero if the deadline has passed
   * @throws IllegalArgumentException if the context's {@link #TRACEPARENT} is malformed
   */
  public Map<String, String> headers(Context context) {
    Map<String, String> headers = new TreeMap<>();
    String trace = context.value(TRACEPARENT);
    if (trace != null) {
      if (!TRACE.matcher(trace).matches()) {
        throw new IllegalArgumentException("not a traceparent: \"" + trace + "\"");
      }
      headers.put(TRACE_HEADER, trace);
    }
    Map<String, String> baggage = context.value(BAGGAGE);
    if (baggage != null) {
      List<String> members = new ArrayList<>();
      new TreeMap<>(baggage)
          .forEach((name, text) -> {
            if (permitted.contains(name)) {
              members.add(name + "=" + URLEncoder.encode(text, UTF_8).replace("+", "%20"));
            }
          });
      if (!members.isEmpty()) {
        headers.put(BAGGAGE_HEADER, String.join(",", members));
      }
    }
    Instant deadline = context.deadline();
    if (deadline != null) {
      Instant now = Go.now();
      Duration left = Duration.between(now, deadline);
      headers.put(TIMEOUT_HEADER, "" + (left.isNegative() ? 0 : millis(left)));
      headers.put(SENT_HEADER, "" + now.toEpochMilli());
    }
    return headers;
  }

  /** A century at most, so that it fits. */
  private static long millis(Duration time) {
    Duration most = Duration.ofDays(36_525);
    return (time.compareTo(most) < 0 ? time : most).toMillis();
  }

  /**
   * A message with the headers of a context.
   *
   * @param <T> the value
   * @param message the message
   * @param context has the deadline, {@link #TRACEPARENT} and {@link #BAGGAGE}
   * @return the message with {@link #headers}, which replace those that it has
   * @throws IllegalArgumentException if the context's {@link #TRACEPARENT} is malformed
   */
  public <T> Message<T> into(Message<T> message, Context context) {
    Message<T> result = message;
    for (Map.Entry<String, String> header : headers(context).entrySet()) {
      result = result.withHeader(header.getKey(), header.getValue());
    }
    return result;
  }

  /**
   * A context with the trace and the permitted baggage that were sent along. It has no deadline of
   * the sender's.
   *
   * @param parent the context above it
   * @param header returns the text of a header, or null if the message lacks that header; such as
   *     {@link Delivery#header}
   * @return the context; the parent if nothing was sent along
   */
  public Context values(Context parent, Function<String, @Nullable String> header) {
    Context context = parent;
    String trace = header.apply(TRACE_HEADER);
    if (trace != null && TRACE.matcher(trace).matches()) {
      context = context.withValue(TRACEPARENT, trace);
    }
    Map<String, String> baggage = baggage(header.apply(BAGGAGE_HEADER));
    return baggage.isEmpty() ? context : context.withValue(BAGGAGE, baggage);
  }

  private Map<String, String> baggage(@Nullable String text) {
    Map<String, String> baggage = new HashMap<>();
    for (String member : (text == null ? "" : text).split(",", -1)) {
      String pair = member.split(";", 2)[0]; // properties follow
      int equals = pair.indexOf('=');
      String name = equals < 0 ? "" : pair.substring(0, equals).strip();
      if (permitted.contains(name)) {
        try {
          baggage.put(
              name,
              URLDecoder.decode(pair.substring(equals + 1).strip().replace("+", "%2B"), UTF_8));
        } catch (IllegalArgumentException e) {
          // malformed: ignored
        }
      }
    }
    return Map.copyOf(baggage);
  }

  /**
   * The sender's remaining time when it sent the message, less the time in transit. The time in
   * transit is the difference between the receiver's and the sender's time of day: if the
   * receiver's clock is behind, nothing may be subtracted; if it is ahead, too much is.
   *
   * @param header returns the text of a header, or null if the message lacks that header; such as
   *     {@link Delivery#header}
   * @return zero or more; null if the sender had no deadline
   */
  public @Nullable Duration remaining(Function<String, @Nullable String> header) {
    Long timeout = number(header.apply(TIMEOUT_HEADER));
    if (timeout == null) {
      return null;
    }
    Long sent = number(header.apply(SENT_HEADER));
    long way = sent == null ? 0 : Math.max(0, Go.now().toEpochMilli() - sent);
    return Duration.ofMillis(Math.max(0, timeout - way));
  }

  private static @Nullable Long number(@Nullable String text) {
    return text != null && NUMBER.matcher(text).matches() ? Long.valueOf(text) : null;
  }
}
