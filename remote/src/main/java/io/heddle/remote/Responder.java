package io.heddle.remote;

import static java.lang.System.Logger.Level.WARNING;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.AfterFunc;
import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.WaitGroup;
import io.heddle.queue.Uninterrupted;
import java.net.URLDecoder;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Handles the requests of the {@linkplain Caller callers} of a service. A service may have any
 * number of responders, in any number of processes; each request goes to one of them. A responder
 * handles as many requests at the same time as the {@linkplain Remote.Settings settings} give it
 * credit, each in a goroutine of its own.
 *
 * {@snippet :
 * try (Responder responder =
 *     remote.respond("resize", Codec.text(), Codec.text(), Propagation.of(), request ->
 *         resize(request.value()))) {
 *   Select.select(context.onDone());
 * }
 * }
 *
 * <p>A handler runs under {@link Request#context}, so its goroutine is interrupted when the
 * caller's time is over or the caller no longer waits. An exception of a handler goes to the
 * caller, as text, in a {@link CallFailedException}: do not put secrets into it. After the end of
 * its context, an exception of the handler ends the call with an {@link UnknownOutcomeException}.
 *
 * <p>A handler runs at most once for each call. If the process dies meanwhile, another responder
 * gets the request when its lease has ended. It does not run its handler, but has the call end with
 * an {@link UnknownOutcomeException}.
 *
 * <p>A message of the channel that is no request of a {@link Caller} becomes a {@linkplain
 * DeadLetters dead letter}.
 */
public final class Responder implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("io.heddle.remote");

  /** The time after which a caller learns who handles its request, so that it can cancel it. */
  private static final Duration REPORT = Duration.ofMillis(100);

  private static final int LONGEST_REASON = 1000;
  private static final Pattern UUID = Pattern.compile("[0-9a-f-]{36}");

  /**
   * Handles requests.
   *
   * @param <Q> the values of requests
   * @param <A> the values of replies
   */
  @FunctionalInterface
  public interface Handler<Q, A> {
    /**
     * Handles a request.
     *
     * @param request the request
     * @return the value of the reply, not null
     * @throws Exception if it fails; the caller gets its text
     */
    A handle(Request<Q> request) throws Exception;
  }

  private final String service;
  private final Consumer<? super Responder> atClose;
  private final Postman postman;
  private final Inlet<String> inlet;
  private final Map<String, CancelContext> running = new ConcurrentHashMap<>();
  private final CancelContext open = Context.background().withCancel();
  private final Goroutine<?> dispatcher;

  <Q, A> Responder(
      Keeper keeper,
      String service,
      Codec<Q> requests,
      Codec<A> replies,
      Propagation propagation,
      Handler<? super Q, ? extends A> handler,
      int credit,
      Consumer<? super Responder> atClose)
      throws RemoteException, InterruptedException {
    this.service = service;
    this.atClose = atClose;
    this.postman = new Postman(keeper.backend(), this::read);
    this.inlet = new Inlet<>(keeper, service, Codec.text(), credit, _ -> {});
    Answering answering =
        (delivery, context, call) -> answer(delivery, context, call, requests, replies, handler);
    this.dispatcher = Go.go("respond to " + service, () -> dispatch(propagation, answering));
  }

  /** Handles a request in its context, and says what the caller is to know. */
  @FunctionalInterface
  private interface Answering {
    Note answer(Delivery<String> delivery, Context context, String call);
  }

  private void read(Note note) {
    CancelContext context = running.get(note.call());
    if (note.kind() == Note.Kind.CANCEL && context != null) {
      context.cancel();
    }
  }

  private void dispatch(Propagation propagation, Answering answering) throws InterruptedException {
    WaitGroup handlers = new WaitGroup();
    for (Delivery<String> delivery; (delivery = inlet.receive()) != null; ) {
      Delivery<String> next = delivery;
      handlers.go(() -> handle(next, propagation, answering));
    }
    handlers.await();
  }

  private void handle(Delivery<String> delivery, Propagation propagation, Answering answering)
      throws InterruptedException {
    try (delivery) {
      String caller = delivery.header(Caller.CALLER);
      Duration left = propagation.remaining(delivery::header);
      if (caller == null || left == null || !isUuid(caller) || !isUuid(delivery.id())) {
        delivery.dead("it is not a request of a Caller");
        return;
      }
      try (CancelContext time = open.withTimeout(left)) {
        post(caller, note(delivery, left, propagation, answering, caller), time);
      }
      delivery.ack();
    } catch (RemoteException e) {
      // The request comes again. Then it is not handled, because this was the first attempt.
    }
  }

  private static boolean isUuid(String text) {
    return UUID.matcher(text).matches();
  }

  private void post(String caller, Note note, Context time) throws InterruptedException {
    try {
      postman.post(caller, note, time);
    } catch (IllegalArgumentException e) { // too long
      postman.post(caller, failed(note.call(), "the reply cannot be sent: " + text(e)), time);
    }
  }

  private Note note(
      Delivery<String> delivery,
      Duration left,
      Propagation propagation,
      Answering answering,
      String caller)
      throws InterruptedException {
    String call = delivery.id();
    if (delivery.attempt() > 1) {
      return lost(call, "the responder that had the request has died or lost its lease");
    }
    if (left.isZero()) {
      return new Note(Note.Kind.REFUSED, call, "", "its time was over before a responder had it");
    }
    Context parent = propagation.values(delivery.context(), delivery::header);
    try (CancelContext context = parent.withTimeout(left)) {
      running.put(call, context);
      if (open.isDone()) { // in this order: see cancel
        context.cancel();
      }
      AfterFunc.Timed report =
          Go.afterFunc(
              REPORT,
              () ->
                  postman.postLater(
                      caller, new Note(Note.Kind.TAKEN, call, postman.address(), "")));
      Chan<Note> result = Chan.buffered(1);
      Go.go(
          context,
          "answer " + call + " of " + service,
          () -> result.trySend(answering.answer(delivery, context, call)));
      try {
        return Calls.receiveOnce(result);
      } finally {
        report.stop();
        running.remove(call);
      }
    }
  }

  private <Q, A> Note answer(
      Delivery<String> delivery,
      Context context,
      String call,
      Codec<Q> requests,
      Codec<A> replies,
      Handler<? super Q, ? extends A> handler) {
    Q value;
    String id;
    try {
      value = Objects.requireNonNull(requests.decode(delivery.value()), "the value");
      id = URLDecoder.decode(String.valueOf(delivery.header(Caller.REQUEST)), UTF_8);
    } catch (Exception | StackOverflowError e) {
      return failed(call, "the request cannot be decoded: " + text(e));
    }
    A reply;
    try {
      reply =
          Objects.requireNonNull(
              handler.handle(new Request<>(value, id, context, delivery)), "the reply");
    } catch (Throwable e) { // also an Error: the caller is to learn of it
      return context.isDone()
          ? lost(call, "the handler was stopped: " + text(e))
          : failed(call, text(e));
    }
    try {
      String text = replies.encode(reply);
      Envelope.checkText(text);
      return new Note(Note.Kind.REPLY, call, "", text);
    } catch (Exception | StackOverflowError e) {
      return failed(call, "the reply cannot be encoded: " + text(e));
    }
  }

  private Note lost(String call, String reason) {
    return new Note(Note.Kind.LOST, call, postman.address(), reason);
  }

  private Note failed(String call, String reason) {
    LOG.log(WARNING, "heddle.remote.failed call {0} of {1}: {2}", call, service, reason);
    return new Note(Note.Kind.FAILED, call, "", reason);
  }

  private static String text(Throwable e) {
    String text = e.toString().replace('\0', '?');
    return text.substring(0, Math.min(text.length(), LONGEST_REASON));
  }

  /**
   * Why no requests are received at the moment.
   *
   * @return the last failure of the backend; null if it answers
   */
  public @Nullable RemoteException failure() {
    return inlet.failure();
  }

  /**
   * Takes no more requests, and waits until the handlers that run have ended and the replies are on
   * their way, whatever the interrupts. Handlers end with their callers' time at the latest, if
   * they react to interrupts. A handler must not call this method, which would wait for the
   * handler. Closing twice does nothing.
   */
  @Override
  public void close() {
    inlet.stop(); // what was fetched is handled, not given back
    Uninterrupted.join(dispatcher);
    inlet.close();
    postman.close();
    atClose.accept(this);
  }

  /** Closes it, cancels the handlers that run, and tries only once to tell their callers. */
  void cancel() {
    open.close();
    running.values().forEach(CancelContext::cancel);
    close();
  }

  /** The service's name. */
  @Override
  public String toString() {
    return "Responder[" + service + "]";
  }
}
