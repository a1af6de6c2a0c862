package io.heddle.remote;

import io.heddle.Context;
import org.jspecify.annotations.Nullable;

/**
 * A request that a {@link Responder} handles.
 *
 * @param <Q> the value of the request
 */
public final class Request<Q> {
  private final Q value;
  private final String id;
  private final Context context;
  private final Delivery<String> delivery;

  Request(Q value, String id, Context context, Delivery<String> delivery) {
    this.value = value;
    this.id = id;
    this.context = context;
    this.delivery = delivery;
  }

  /**
   * The value that the caller sent.
   *
   * @return the value
   */
  public Q value() {
    return value;
  }

  /**
   * The id that the caller gave the request. A caller that repeats a request after an {@link
   * UnknownOutcomeException} gives it the same id. A handler that must not work twice stores the
   * ids of what it has done.
   *
   * @return the id
   */
  public String id() {
    return id;
  }

  /**
   * The context of the work, which is also the current context of the handler. Its deadline is the
   * caller's. It carries the caller's trace and permitted baggage. It is cancelled when the caller
   * no longer waits, as far as the caller can report that, and when another responder may have the
   * request.
   *
   * @return always the same context
   */
  public Context context() {
    return context;
  }

  /**
   * The text of a header.
   *
   * @param name the header's name
   * @return the text; null if the request has no such header
   */
  public @Nullable String header(String name) {
    return delivery.header(name);
  }

  /** The id. */
  @Override
  public String toString() {
    return "Request[" + id + "]";
  }
}
