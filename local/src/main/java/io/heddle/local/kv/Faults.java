package io.heddle.local.kv;

import io.heddle.Go;
import io.heddle.local.kv.HttpListener.ResetException;
import io.heddle.rate.RateLimiter;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.io.entity.HttpEntityWrapper;
import org.jspecify.annotations.Nullable;

/**
 * The faults of the server: each request is passed to the rules in turn, and the first rule that
 * applies determines its fault. Rules may be added and removed while the server runs.
 */
public final class Faults {
  private final List<Rule> rules = new CopyOnWriteArrayList<>();
  private volatile Duration latency = Duration.ZERO;

  /** Makes a server without faults. */
  public Faults() {}

  /**
   * Sets a delay for every request.
   *
   * @param latency the delay before a request is processed
   */
  public Faults latency(Duration latency) {
    this.latency = latency;
    return this;
  }

  /**
   * Adds a rule.
   *
   * @param times the number of matching requests that it applies to; later ones are not affected
   */
  public Faults add(Which which, long times, What what) {
    rules.add(new Rule(which, new AtomicLong(times), what));
    return this;
  }

  /**
   * Adds a rule that applies at random.
   *
   * @param part the fraction of matching requests that it applies to: from 0 for none to 1 for all
   */
  public Faults addPart(Which which, double part, What what) {
    if (part > 0) {
      add(
          request -> which.test(request) && ThreadLocalRandom.current().nextDouble() < part,
          Long.MAX_VALUE,
          what);
    }
    return this;
  }

  /**
   * Answers 429 to deletions that are too frequent.
   *
   * @param rate the number of deletions per second that are allowed
   * @param retryAfter the number of seconds that the client should wait, 0 not to say
   */
  public Faults throttle(double rate, int retryAfter) {
    RateLimiter limiter = RateLimiter.perSecond(rate, Math.max(1, (long) (rate / 10)));
    List<String> headers = retryAfter > 0 ? List.of("Retry-After: " + retryAfter) : List.of();
    return add(
        request -> Which.deletions().test(request) && !limiter.tryAcquire(),
        Long.MAX_VALUE,
        new What.Status(429, headers));
  }

  /** Removes all rules. */
  public void clear() {
    rules.clear();
  }

  /** Some of the requests. */
  @FunctionalInterface
  public interface Which extends Predicate<Which.Request> {
    /**
     * The properties of a request that rules can use.
     *
     * @param method GET, PUT, DELETE and so on
     * @param key the key, null if the request is not for a single key
     * @param isListing whether it lists keys
     * @param cursor the cursor of a listing, null for its first page
     */
    record Request(
        String method, @Nullable String key, boolean isListing, @Nullable String cursor) {}

    /** Requests to delete a key. */
    static Which deletions() {
      return request -> request.method.equals("DELETE") && request.key != null;
    }

    /** Requests to delete certain keys. */
    static Which deletionsOf(Predicate<String> keys) {
      return request ->
          request.method.equals("DELETE") && request.key != null && keys.test(request.key);
    }

    /** Requests to list a page of keys. */
    static Which listings() {
      return Request::isListing;
    }

    /**
     * Requests to list a page of keys, from a certain page on.
     *
     * @param page the number of the page, from 1
     */
    static Which listingsFrom(int page) {
      AtomicInteger seen = new AtomicInteger();
      return request -> request.isListing && seen.incrementAndGet() >= page;
    }
  }

  /** A fault. */
  public sealed interface What {
    /**
     * The request has no effect, and is answered with an error.
     *
     * @param headers headers of the response, each a line {@code Name: value}
     */
    record Status(int code, List<String> headers) implements What {}

    /** The request has no effect, and is answered with an error without additional headers. */
    static What status(int code) {
      return new Status(code, List.of());
    }

    /** The connection is reset, and the request has no effect. */
    record Reset() implements What {}

    /** The connection is reset after the request took effect. */
    record ResetAfter() implements What {}

    /** The request takes longer. */
    record Delay(Duration delay) implements What {}

    /**
     * The body of the response arrives byte by byte.
     *
     * @param pause the time after each byte
     */
    record SlowBody(Duration pause) implements What {}

    /** Runs an action first, such as another client's deletion of the key. */
    record Before(Runnable action) implements What {}
  }

  private record Rule(Which which, AtomicLong times, What what) {
    boolean applies(Which.Request request) {
      return which.test(request) && times.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
    }
  }

  interface Work {
    ClassicHttpResponse handle();
  }

  ClassicHttpResponse apply(KvRequest request, Work work) throws IOException, InterruptedException {
    Go.sleep(latency);
    if (rules.isEmpty()) {
      return work.handle();
    }
    Which.Request described = describe(request);
    for (Rule rule : rules) {
      if (rule.applies(described)) {
        return switch (rule.what) {
          case What.Status status -> answer(status);
          case What.Reset _ -> throw new ResetException();
          case What.ResetAfter _ -> {
            work.handle();
            throw new ResetException();
          }
          case What.Delay(Duration delay) -> {
            Go.sleep(delay);
            yield work.handle();
          }
          case What.SlowBody(Duration pause) -> {
            ClassicHttpResponse response = work.handle();
            HttpEntity body = response.getEntity();
            response.setEntity(body == null ? null : new SlowEntity(body, pause));
            yield response;
          }
          case What.Before(Runnable action) -> {
            action.run();
            yield work.handle();
          }
        };
      }
    }
    return work.handle();
  }

  /** A body that is sent byte by byte. */
  private static final class SlowEntity extends HttpEntityWrapper {
    private final Duration pause;

    SlowEntity(HttpEntity body, Duration pause) {
      super(body);
      this.pause = pause;
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
      try {
        for (byte one : getContent().readAllBytes()) {
          out.write(one);
          out.flush();
          Go.sleep(pause);
        }
      } catch (InterruptedException e) {
        throw (InterruptedIOException) new InterruptedIOException("closed").initCause(e);
      }
    }
  }

  private static ClassicHttpResponse answer(What.Status status) {
    ClassicHttpResponse response = KeyValueApi.problem(status.code, "");
    for (String header : status.headers) {
      int colon = header.indexOf(':');
      response.setHeader(header.substring(0, colon), header.substring(colon + 1).strip());
    }
    return response;
  }

  private static Which.Request describe(KvRequest request) {
    List<String> path = request.path();
    boolean isKeys = path.size() > 4 && path.get(4).equals("keys");
    String key = isKeys && path.size() > 5 ? String.join("/", path.subList(5, path.size())) : null;
    return new Which.Request(
        request.method(), key, isKeys && path.size() == 5, request.query().get("cursor"));
  }
}
