package io.heddle.remote;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Select;
import java.net.URLEncoder;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests to the {@linkplain Responder responders} of a service, and waits for their
 * replies.
 *
 * {@snippet :
 * try (Caller<String, String> caller =
 *         remote.caller("resize", Codec.text(), Codec.text(), Propagation.of());
 *     CancelContext context = Context.current().withTimeout(Duration.ofSeconds(10))) {
 *   String answer = caller.call(context, "image 7");
 * }
 * }
 *
 * <p>A call has four outcomes:
 *
 * <ul>
 *   <li>It returns: a handler has returned this value.
 *   <li>It throws a {@link CallFailedException}: the request failed at the responder.
 *   <li>It throws an {@link UnknownOutcomeException}: the request may have been handled, completely
 *       or in part. The responder has died or was closed, the reply was lost, or the caller did not
 *       wait for it.
 *   <li>It throws another {@link RemoteException}, or another exception: no handler has had the
 *       request, and none gets it.
 * </ul>
 *
 * <p>A request goes to one handler, once; nothing repeats it except the caller. A repetition {@link
 * Message#withId with the same id} is a new call. The handler sees the id, and can recognise the
 * repetition.
 *
 * <p>A call returns or throws at its deadline at the latest, also if the backend or the responder
 * has died. When its context ends, its thread is interrupted or the caller is closed, the handler's
 * context is cancelled, as far as the responder can be reached.
 *
 * <p>Requests wait in the channel with the service's name until there is a responder, which drops
 * those whose time is over. A caller may be used by any number of goroutines. What a goroutine did
 * before a call happens before the handler begins, and what the handler did happens before the call
 * returns.
 *
 * @param <Q> the values of requests
 * @param <A> the values of replies
 */
public final class Caller<Q, A> implements AutoCloseable {
  static final String CALLER = "Heddle-Caller";
  static final String REQUEST = "Heddle-Request";

  private final String place;
  private final Outlet<Q> outlet;
  private final Codec<A> codec;
  private final Propagation propagation;
  private final Consumer<? super Caller<Q, A>> atClose;
  private final Map<String, Pending> waiting = new ConcurrentHashMap<>();
  private final Postman postman;
  private final CancelContext open = Context.background().withCancel();

  Caller(
      Backend backend,
      String service,
      Codec<Q> requests,
      Codec<A> replies,
      Propagation propagation,
      Consumer<? super Caller<Q, A>> atClose)
      throws RemoteException, InterruptedException {
    this.place = "service " + service + " in " + backend.name();
    this.outlet = new Outlet<>(backend, service, requests);
    this.codec = replies;
    this.propagation = propagation;
    this.atClose = atClose;
    this.postman = new Postman(backend, this::read);
  }

  /** A call that waits for its reply. */
  private static final class Pending {
    final Chan<Note> reply = Chan.buffered(1);

    /** The mailbox of the responder, as soon as that has reported. */
    volatile @Nullable String responder;
  }

  private void read(Note note) {
    Pending pending = waiting.get(note.call());
    if (note.kind() == Note.Kind.TAKEN) {
      if (pending != null) {
        pending.responder = note.from();
      }
      if (!waiting.containsKey(note.call())) { // in this order: see abandon
        cancel(note.call(), note.from());
      }
    } else if (pending != null) {
      pending.reply.trySend(note);
    }
  }

  private void cancel(String call, String responder) {
    postman.postLater(responder, new Note(Note.Kind.CANCEL, call, "", ""));
  }

  /**
   * Sends a request, and waits for the reply.
   *
   * @param context has a deadline, which becomes that of the handler. Its end ends the call
   * @param request the value
   * @return the value of the reply
   * @throws CallFailedException if the request failed at the responder
   * @throws UnknownOutcomeException if the request may have been handled. This includes calls whose
   *     context ends, or whose thread is interrupted, after the request was sent. After an
   *     interrupt, the interrupt status is set
   * @throws ChannelEndedException if the service's channel has ended; the request was not sent
   * @throws RemoteException if the request was not handled, and will not be
   * @throws ContextException if the context is done before the call; the request was not sent
   * @throws IllegalArgumentException if the context has no deadline or a malformed {@link
   *     Propagation#TRACEPARENT}, or the codec cannot encode the request; it was not sent
   * @throws InterruptedException if the thread was interrupted before; the request was not sent
   */
  public A call(Context context, Q request) throws RemoteException, InterruptedException {
    return call(context, Message.of(request));
  }

  /**
   * Sends a request with an id and headers, as {@link #call(Context, Object)} does.
   *
   * @param context has a deadline, which becomes that of the handler. Its end ends the call
   * @param request the value, with its id, key and headers, and without a delay. The id is not
   *     compared with those of other requests. NATS refuses a key
   * @return the value of the reply
   * @throws CallFailedException if the request failed at the responder
   * @throws UnknownOutcomeException if the request may have been handled. This includes calls whose
   *     context ends, or whose thread is interrupted, after the request was sent. After an
   *     interrupt, the interrupt status is set
   * @throws ChannelEndedException if the service's channel has ended; the request was not sent
   * @throws RemoteException if the request was not handled, and will not be
   * @throws ContextException if the context is done before the call; the request was not sent
   * @throws IllegalArgumentException if the context has no deadline or a malformed {@link
   *     Propagation#TRACEPARENT}, the request has a delay, or the codec cannot encode the request;
   *     it was not sent
   * @throws InterruptedException if the thread was interrupted before; the request was not sent
   */
  public A call(Context context, Message<Q> request) throws RemoteException, InterruptedException {
    if (context.deadline() == null) {
      throw new IllegalArgumentException(
          "a call to "
              + place
              + " under a context without a deadline: the reply may never come. Use"
              + " context.withTimeout");
    }
    if (request.delay().isPositive()) {
      throw new IllegalArgumentException(
          "a call to " + place + " with a delay: sleep before the call, under its context");
    }
    String call = UUID.randomUUID().toString();
    Message<Q> message =
        propagation
            .into(request, context)
            .withId(call)
            .withHeader(CALLER, postman.address())
            .withHeader(REQUEST, URLEncoder.encode(request.id(), UTF_8));
    Pending pending = new Pending();
    waiting.put(call, pending);
    try {
      if (open.isDone()) {
        throw new RemoteException(
            "cannot call " + place + ": the caller is closed. Open another one", null);
      }
      try {
        outlet.send(message, context);
      } catch (UnknownOutcomeException e) {
        throw unknown(request.id(), pending, e.getCause() instanceof Exception cause ? cause : e);
      }
      return result(await(pending, call, request.id(), context), request.id(), pending);
    } finally {
      waiting.remove(call);
    }
  }

  private Note await(Pending pending, String call, String id, Context context)
      throws RemoteException {
    Exception reason;
    try {
      Note note =
          Select.<@Nullable Note>selectInOrder(
              pending.reply.onReceive(one -> one),
              context.onDone(() -> null),
              open.onDone(() -> null));
      if (note != null) {
        return note;
      }
      Exception end = context.error();
      reason = end == null ? new RemoteException("the caller was closed", null) : end;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      reason = new RemoteException("the thread was interrupted", e);
    }
    abandon(call, pending);
    throw unknown(id, pending, reason);
  }

  /** Cancels the handler. If no responder has reported yet, {@link #read} does it later. */
  private void abandon(String call, Pending pending) {
    boolean isFirst = waiting.remove(call, pending);
    String responder = pending.responder;
    if (isFirst && responder != null) {
      cancel(call, responder);
    }
  }

  private A result(Note note, String id, Pending pending) throws RemoteException {
    return switch (note.kind()) {
      case REPLY -> {
        try {
          yield Objects.requireNonNull(codec.decode(note.text()), "the value");
        } catch (Exception | StackOverflowError e) {
          throw new CallFailedException(
              "request " + id + " to " + place + " was handled: its reply cannot be decoded: " + e,
              e);
        }
      }
      case REFUSED ->
          throw new RemoteException(
              "cannot call " + place + ": " + note.text() + ". The request was not handled", null);
      case LOST -> {
        pending.responder = note.from();
        throw unknown(id, pending, new RemoteException(note.text(), null));
      }
      case FAILED, TAKEN, CANCEL ->
          throw new CallFailedException(
              "request " + id + " to " + place + " failed there: " + note.text(), null);
    };
  }

  private UnknownOutcomeException unknown(String id, Pending pending, Exception e) {
    return Failures.maybeHandled("call " + place, id, pending.responder != null, e);
  }

  /**
   * Closes the caller. Calls in progress end with an {@link UnknownOutcomeException}, and their
   * handlers are cancelled as far as the backend can be reached. Waits for the backend, whatever
   * the interrupts. Closing twice does nothing.
   */
  @Override
  public void close() {
    open.close();
    Map.copyOf(waiting).forEach(this::abandon);
    postman.close();
    atClose.accept(this);
  }

  /** The service, and the backend's address, without credentials. */
  @Override
  public String toString() {
    return "Caller[" + place + "]";
  }
}
