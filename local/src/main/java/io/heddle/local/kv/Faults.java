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
 * What is to go wrong: each request is shown to the rules in turn, and the first that applies says
 * what becomes of it. Rules may be added and removed while the server runs.
 */
public final class Faults {
  private final List<Rule> rules = new CopyOnWriteArrayList<>();
  private volatile Duration latency = Duration.ZERO;

  /** Makes a server without faults. */
  public Faults() {}

  /**
   * Sets how long every request takes.
   *
   * @param latency the time before it is worked on
   */
  public Faults latency(Duration latency) {
    this.latency = latency;
    return this;
  }

  /**
   * Adds a rule.
   *
   * @param times how many of those it applies to; the others are not touched
   */
  public Faults add(Which which, long times, What what) {
    rules.add(new Rule(which, new AtomicLong(times), what));
    return this;
  }

  /**
   * Adds a rule that applies now and then.
   *
   * @param part the part of those it applies to, chosen at random: from 0 for none to 1 for all
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
   * Answers 429 to deletions that come too fast.
   *
   * @param rate how many deletions a second are let through
   * @param retryAfter how many seconds to tell the client to wait, 0 to tell it nothing
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
     * A request, as far as rules go.
     *
     * @param method GET, PUT, DELETE and so on
     * @param key the key it is about, null if it is not about a single one
     * @param isListing whether it lists keys
     * @param cursor the cursor of a listing, null if it begins
     */
    record Request(
        String method, @Nullable String key, boolean isListing, @Nullable String cursor) {}

    /** Requests to delete a key. */
    static Which deletions() {
      return request -> request.method.equals("DELETE") && request.key != null;
    }

    /** Requests to delete a certain key. */
    static Which deletionsOf(Predicate<String> keys) {
      return request ->
          request.method.equals("DELETE") && request.key != null && keys.test(request.key);
    }

    /** Requests to list a page of keys. */
    static Which listings() {
      return Request::isListing;
    }

    /**
     * Requests to list a page of keys, from a certain one on.
     *
     * @param page the number of the page, from 1
     */
    static Which listingsFrom(int page) {
      AtomicInteger seen = new AtomicInteger();
      return request -> request.isListing && seen.incrementAndGet() >= page;
    }
  }

  /** What becomes of a request. */
  public sealed interface What {
    /**
     * It is answered with an error, and without effect.
     *
     * @param headers of the response, each a line {@code Name: value}
     */
    record Status(int code, List<String> headers) implements What {}

    /** It is answered with an error, without effect and without more headers. */
    static What status(int code) {
      return new Status(code, List.of());
    }

    /** The connection is reset, before there is an effect. */
    record Reset() implements What {}

    /** The connection is reset after it took effect. */
    record ResetAfter() implements What {}

    /** It takes longer. */
    record Delay(Duration delay) implements What {}

    /**
     * The body of the response comes byte by byte.
     *
     * @param pause the time after each byte
     */
    record SlowBody(Duration pause) implements What {}

    /** Something happens first, such as another client deleting the key. */
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
