package io.heddle.flow;

import io.heddle.Case;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Goroutine;
import io.heddle.Receiver;
import io.heddle.Select;
import io.heddle.Task;
import io.heddle.Timer;
import io.heddle.internal.Stages;
import io.heddle.jvm.Observers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Stages connected by channels, and the scope of the goroutines that run them: what Go's
 * <i>Pipelines and cancellation</i> builds from channels, {@code errgroup} and a context, and
 * Kotlin's {@code coroutineScope} with {@code produce}.
 *
 * {@snippet :
 * long deleted = Pipeline.call(context, pipeline -> {
 *   Receiver<String> keys = pipeline.generate(1000, out -> {
 *     while (pages.hasNext()) {
 *       for (String key : pages.next()) { out.send(key); }
 *     }
 *   });
 *   Receiver<Outcome> outcomes = pipeline.map(keys, 100, store::delete);
 *   long count = 0;
 *   for (Outcome outcome : outcomes) { count += outcome.deleted() ? 1 : 0; }
 *   return count;
 * });
 * }
 *
 * <h2>Completion, failure and cancellation</h2>
 *
 * <p>{@link #call} runs a body, in a goroutine of its own, and returns when every goroutine of the
 * pipeline has ended. The pipeline is complete when the body and the {@linkplain #go tasks} have
 * returned. Stages that still run are then cancelled, because no goroutine is left to receive their
 * values. So a body may stop receiving at any time.
 *
 * <p>If the body, a task or a stage throws, all goroutines of the pipeline are cancelled. When they
 * have ended, {@code call} throws the failure as a {@link io.heddle.TaskGroup} does: as the cause
 * of an {@link ExecutionException}, with the failures of other goroutines {@linkplain
 * Throwable#getSuppressed suppressed}, the first 16 of them, and their number in its message. The
 * failures of an inner group, race or pipeline stand in its place, so that the cause is always the
 * exception of a task. An exception that a goroutine throws only because it was cancelled is no
 * failure. After the body and the tasks have returned, the only failure of a stage is an {@link
 * Error}.
 *
 * <p>Cancellation {@linkplain io.heddle.Go#go(Context, Task) interrupts} the goroutines of the
 * pipeline. So {@code in.receive()} and {@code for (T value : in)} need no context here: when the
 * pipeline is cancelled, they throw. They never return null because of it. <b>A channel of a
 * pipeline is closed when its stage has done all of its work, and only then.</b> A stage that
 * failed or was cancelled leaves its channel open, so a receiver never mistakes a part of the
 * values for all of them.
 *
 * <h2>Rules</h2>
 *
 * <ul>
 *   <li>Stages hand over their values one by one, without a buffer except where one is asked for: a
 *       slow consumer slows down all stages before it.
 *   <li>Receive from the pipeline's channels in the body, in a task or in a stage. Any other
 *       goroutine must pass {@link #context} to the receive; otherwise it waits forever if the
 *       pipeline is cancelled. The same is true for the goroutines of the pipeline if the context
 *       given to {@code call} {@linkplain Context#withoutInterrupts does not interrupt}.
 *   <li>All methods may be called by any goroutine while the pipeline runs. Stages start at once.
 *       Once the pipeline was cancelled, starting another throws {@link
 *       io.heddle.ContextException}; once it has ended, {@link IllegalStateException}.
 * </ul>
 *
 * <p>What the caller did happens before the body begins; what any goroutine of the pipeline did
 * happens before {@code call} returns or throws.
 */
public final class Pipeline {
  private final Scope scope;

  /** The scope's, with which every wait of a stage ends. */
  private final Context context;

  private Pipeline(Scope scope) {
    this.scope = scope;
    this.context = scope.context();
  }

  /**
   * Runs a pipeline that yields a result, and waits for all of it.
   *
   * @param <R> the result
   * @param context cancels the pipeline when it is done
   * @param body sets up the stages and makes the result, which may be null
   * @return what the body returned
   * @throws ExecutionException if the body, a task or a stage failed; see {@link Pipeline}
   * @throws io.heddle.ContextException if the context is done and kept the body or a task from
   *     finishing
   * @throws InterruptedException if the calling thread is interrupted and that kept the body or a
   *     task from finishing; all goroutines have ended nevertheless
   */
  public static <R extends @Nullable Object> R call(
      Context context, Mapper<? super Pipeline, ? extends R> body)
      throws ExecutionException, InterruptedException {
    return call("Pipeline.call", context, Objects.requireNonNull(body, "body"));
  }

  private static <R extends @Nullable Object> R call(
      String operation, Context context, Mapper<? super Pipeline, ? extends R> body)
      throws ExecutionException, InterruptedException {
    context.check();
    Scope scope = new Scope(context);
    Pipeline pipeline = new Pipeline(scope);
    AtomicReference<@Nullable R> result = new AtomicReference<>();
    Goroutine<?> started = scope.startAwaited(() -> result.set(body.apply(pipeline)));
    if (Observers.WANTED) {
      Stages.add(scope, "body", List.of(), List.of(), List.of(started));
    }
    scope.await(operation);
    return resultOf(result);
  }

  @SuppressWarnings("NullAway") // it is what the body returned: null only if an R can be
  private static <R extends @Nullable Object> R resultOf(AtomicReference<@Nullable R> result) {
    return result.get();
  }

  /**
   * Runs a pipeline, and waits for all of it: {@link #call} without a result.
   *
   * @param context cancels the pipeline when it is done
   * @param body sets up the stages and consumes what they make
   * @throws ExecutionException if the body, a task or a stage failed; see {@link Pipeline}
   * @throws io.heddle.ContextException if the context is done and kept the body or a task from
   *     finishing
   * @throws InterruptedException if the calling thread is interrupted and that kept the body or a
   *     task from finishing; all goroutines have ended nevertheless
   */
  public static void run(Context context, Action<? super Pipeline> body)
      throws ExecutionException, InterruptedException {
    Objects.requireNonNull(body, "body");
    Pipeline.<@Nullable Void>call(
        "Pipeline.run",
        context,
        pipeline -> {
          body.run(pipeline);
          return null;
        });
  }

  /**
   * The context that all of the pipeline runs under. It is done when the pipeline is cancelled or
   * has ended; its cause is then the exception that did it, if one did.
   *
   * @return a context below the one given to {@link #call}
   */
  public Context context() {
    return context;
  }

  /**
   * Starts a goroutine that the pipeline waits for: {@code errgroup}'s {@code g.Go(f)}. It is for
   * consuming beside the body, or for anything else that has to be finished. If the task throws,
   * the pipeline fails.
   *
   * @param task what to run
   */
  public void go(Task task) {
    scope.startAwaited(Objects.requireNonNull(task, "go of a null task"));
  }

  /**
   * Starts a stage that sends what its body makes, without a buffer. The channel is closed when the
   * body returns.
   *
   * <p>Besides being the start of a pipeline this makes any stage that is missing here, as the body
   * may receive from others:
   *
   * {@snippet :
   * Receiver<String> longWords = pipeline.generate(out -> {
   *   for (String word : words) {
   *     if (word.length() > 10) { out.send(word); }
   *   }
   * });
   * }
   *
   * @param <T> the elements
   * @param body makes and sends them, in one goroutine
   * @return receives them
   */
  public <T> Receiver<T> generate(Action<Output<T>> body) {
    return generate(0, body);
  }

  /**
   * Starts a stage that sends what its body makes, and may be some elements ahead of its consumers.
   *
   * @param <T> the elements
   * @param capacity the size of the channel's buffer; 0 for none
   * @param body makes and sends them, in one goroutine
   * @return receives them
   * @throws IllegalArgumentException if the capacity is negative
   */
  public <T> Receiver<T> generate(int capacity, Action<Output<T>> body) {
    return generate("generate", List.of(), capacity, body);
  }

  private <T> Receiver<T> generate(
      String kind, List<Receiver<?>> ins, int capacity, Action<Output<T>> body) {
    Objects.requireNonNull(body, "body");
    Chan<T> out = Chan.buffered(capacity);
    stage(kind, ins, List.of(out), 1, () -> body.run(value -> out.send(value, context)));
    return out;
  }

  /**
   * Starts a stage that sends the elements of something that can be iterated over.
   *
   * @param <T> the elements
   * @param values iterated over once, in a goroutine of the stage
   * @return receives them, in order
   */
  public <T> Receiver<T> from(Iterable<? extends T> values) {
    Objects.requireNonNull(values, "values");
    return generate(out -> sendAll(values.iterator(), out));
  }

  /**
   * Starts a stage that sends what an iterator yields, such as that of a stream, or of a client
   * that fetches page after page.
   *
   * @param <T> the elements
   * @param values used by a goroutine of the stage only
   * @return receives them, in order
   */
  public <T> Receiver<T> from(Iterator<? extends T> values) {
    Objects.requireNonNull(values, "values");
    return generate(out -> sendAll(values, out));
  }

  private static <T> void sendAll(Iterator<? extends T> values, Output<T> out)
      throws InterruptedException {
    while (values.hasNext()) {
      out.send(values.next());
    }
  }

  /**
   * Starts a stage that sends everything that several channels yield: fan-in. It is closed when all
   * of them are. The elements of each one stay in order.
   *
   * @param <T> the elements
   * @param ins the channels; none at all makes one that is closed
   * @return receives the elements of all
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public final <T> Receiver<T> merge(Receiver<? extends T>... ins) {
    return merge(List.of(ins));
  }

  /**
   * Starts a stage that sends everything that several channels yield: fan-in. It is closed when all
   * of them are. The elements of each one stay in order.
   *
   * @param <T> the elements
   * @param ins the channels; none at all makes one that is closed
   * @return receives the elements of all
   */
  public <T> Receiver<T> merge(Collection<? extends Receiver<? extends T>> ins) {
    List<Receiver<? extends T>> all = List.copyOf(ins);
    Chan<T> out = Chan.unbuffered();
    if (all.isEmpty()) {
      out.close();
      return out;
    }
    AtomicInteger next = new AtomicInteger();
    stage(
        "merge",
        all,
        List.of(out),
        all.size(),
        () -> {
          Receiver<? extends T> in = all.get(next.getAndIncrement());
          for (T value = in.receive(context); value != null; value = in.receive(context)) {
            out.send(value, context);
          }
        });
    return out;
  }

  /**
   * Starts a pool of workers that make one result of each element, and send the results in the
   * order in which they are ready. The channel is closed when all elements have been worked on.
   *
   * @param <T> the elements
   * @param <R> the results
   * @param in the elements; each goes to one worker
   * @param workers how many goroutines, and so how many elements are worked on at a time. Each
   *     takes its next element when its result has been received
   * @param mapper makes a result, not null. If it throws, the pipeline fails; to continue after
   *     failures, let it return them as results
   * @return receives the results
   * @throws IllegalArgumentException if there is not at least one worker
   */
  public <T, R> Receiver<R> map(
      Receiver<? extends T> in, int workers, Mapper<? super T, ? extends R> mapper) {
    Objects.requireNonNull(in, "in");
    Objects.requireNonNull(mapper, "mapper");
    Chan<R> out = Chan.unbuffered();
    stage(
        "map",
        List.of(in),
        List.of(out),
        atLeastOne(workers, "workers"),
        () -> {
          for (T value = in.receive(context); value != null; value = in.receive(context)) {
            out.send(mapper.apply(value), context);
          }
        });
    return out;
  }

  /**
   * Starts a pool of workers that make one result of each element, and send the results in the
   * order of the elements: {@code conc}'s {@code stream}. The channel is closed when all elements
   * have been worked on.
   *
   * <p>A worker whose result is ready early keeps it until its turn has come, and takes no other
   * element meanwhile. So there are never more elements and results in the stage than workers,
   * however long one of them takes.
   *
   * @param <T> the elements
   * @param <R> the results
   * @param in the elements; each goes to one worker
   * @param workers how many goroutines, and so how many elements are worked on at a time
   * @param mapper makes a result, not null. If it throws, the pipeline fails
   * @return receives the results, in the order of the elements
   * @throws IllegalArgumentException if there is not at least one worker
   */
  public <T, R> Receiver<R> mapInOrder(
      Receiver<? extends T> in, int workers, Mapper<? super T, ? extends R> mapper) {
    Objects.requireNonNull(in, "in");
    Objects.requireNonNull(mapper, "mapper");
    Chan<R> out = Chan.unbuffered();
    // The worker that holds the ticket takes the next element. With the ticket comes its turn: a
    // channel that yields one value when the results of all earlier elements have been sent.
    Chan<Chan<Boolean>> ticket = Chan.buffered(1);
    Chan<Boolean> first = Chan.buffered(1);
    first.trySend(true);
    ticket.trySend(first);
    stage(
        "mapInOrder",
        List.of(in),
        List.of(out),
        atLeastOne(workers, "workers"),
        () -> {
          for (var turn = ticket.receive(context); turn != null; turn = ticket.receive(context)) {
            T value = in.receive(context);
            if (value == null) {
              ticket.close();
              return;
            }
            Chan<Boolean> next = Chan.buffered(1);
            ticket.send(next, context);
            R result = mapper.apply(value);
            turn.receive(context);
            out.send(result, context);
            next.send(true, context);
          }
        });
    return out;
  }

  /**
   * Starts a stage that collects elements into lists, and sends a list when it has reached a size
   * or an age, whichever comes first. No time runs while there is nothing to send. When the
   * elements end, the remaining ones are the last batch.
   *
   * @param <T> the elements
   * @param in the elements
   * @param size how many elements a batch has at most
   * @param age how long after its first element was received a batch is sent at the latest, if its
   *     consumer is ready
   * @return receives the batches: immutable, never empty
   * @throws IllegalArgumentException if size or age is not positive
   */
  public <T> Receiver<List<T>> batch(Receiver<? extends T> in, int size, Duration age) {
    Objects.requireNonNull(in, "in");
    atLeastOne(size, "size");
    if (!age.isPositive()) {
      throw new IllegalArgumentException("age of a batch: " + age + " is not positive");
    }
    Chan<List<T>> out = Chan.unbuffered();
    stage("batch", List.of(in), List.of(out), 1, () -> batch(in, size, age, out));
    return out;
  }

  private <T> void batch(Receiver<? extends T> in, int size, Duration age, Chan<List<T>> out)
      throws InterruptedException {
    Timer timer = Timer.start(age);
    timer.stop();
    var old = timer.onReceive();
    var next = in.onReceive();
    Select either = Select.inOrder(old, next); // input that never pauses must not delay a batch
    List<T> batch = new ArrayList<>();
    while (true) {
      if (either.await(context) == next) {
        T value = next.result();
        if (value == null) {
          break;
        }
        if (batch.isEmpty()) {
          timer.reset(age);
        }
        batch.add(value);
        if (batch.size() < size) {
          continue;
        }
      }
      timer.stop();
      out.send(List.copyOf(batch), context);
      batch.clear();
    }
    timer.stop();
    if (!batch.isEmpty()) {
      out.send(List.copyOf(batch), context);
    }
  }

  /**
   * Starts a stage that sends each element to several receivers, in the order in which they are
   * ready. The next element is received when all of them have received this one. So the slowest
   * receiver sets the pace, and a receiver that stops receiving stops the stage.
   *
   * @param <T> the elements
   * @param in the elements
   * @param n how many receivers
   * @return the receivers; each yields all elements, in order
   * @throws IllegalArgumentException if there is not at least one receiver
   */
  public <T> List<Receiver<T>> tee(Receiver<? extends T> in, int n) {
    Objects.requireNonNull(in, "in");
    atLeastOne(n, "receivers");
    List<Chan<T>> outs = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      outs.add(Chan.unbuffered());
    }
    stage(
        "tee",
        List.of(in),
        outs,
        1,
        () -> {
          for (T value = in.receive(context); value != null; value = in.receive(context)) {
            sendToAll(outs, value);
          }
        });
    return List.copyOf(outs);
  }

  private <T> void sendToAll(List<Chan<T>> outs, T value) throws InterruptedException {
    Case<?>[] sends = new Case<?>[outs.size()];
    for (int i = 0; i < sends.length; i++) {
      sends[i] = outs.get(i).onSend(value);
    }
    Select any = Select.of(sends);
    for (int missing = sends.length; missing > 0; missing--) {
      any.await(context).when(false);
    }
  }

  /**
   * Starts a stage that passes elements on until a context is done, and is then closed, as if they
   * had ended: the way to stop a pipeline without cancelling it. An element that the stage has
   * received is also sent, so none is lost.
   *
   * <p>To stop new work and keep the results of the work that has begun, cancel the context of
   * {@code until}, and receive results until the channel is closed.
   *
   * @param <T> the elements
   * @param in the elements
   * @param bound when it is done, no more of them are received. If the pipeline's own context is
   *     done, too, the pipeline is cancelled, and nothing is closed
   * @return receives the elements up to then
   */
  public <T> Receiver<T> until(Receiver<? extends T> in, Context bound) {
    Objects.requireNonNull(in, "in");
    Objects.requireNonNull(bound, "bound");
    return generate(
        "until",
        List.of(in),
        0,
        out -> {
          var done = bound.onDone();
          var next = in.onReceive();
          Select either = Select.inOrder(done, next);
          while (either.await(context) == next) {
            T value = next.result();
            if (value == null) {
              break;
            }
            out.send(value);
          }
        });
  }

  /**
   * Consumes all elements with a number of goroutines, and waits until that is done. If one of them
   * throws, the pipeline fails.
   *
   * @param <T> the elements
   * @param in the elements; each goes to one worker
   * @param workers how many goroutines
   * @param action what to do with each element
   * @throws IllegalArgumentException if there is not at least one worker
   * @throws io.heddle.ContextException if the pipeline was cancelled, by an action that threw or
   *     otherwise
   * @throws InterruptedException if the thread is interrupted, for the same reason or another; the
   *     workers continue unless the pipeline is cancelled
   */
  public <T> void forEach(Receiver<? extends T> in, int workers, Action<? super T> action)
      throws InterruptedException {
    Objects.requireNonNull(in, "in");
    Objects.requireNonNull(action, "action");
    Chan<Void> done = Chan.unbuffered();
    stage(
        "forEach",
        List.of(in),
        List.of(done),
        atLeastOne(workers, "workers"),
        () -> {
          for (T value = in.receive(context); value != null; value = in.receive(context)) {
            action.run(value);
          }
        });
    done.receive(context);
  }

  /**
   * Receives all elements into a list.
   *
   * @param <T> the elements
   * @param in the elements, which have to end
   * @return a new list, in the order of receiving
   * @throws io.heddle.ContextException if the pipeline was cancelled
   * @throws InterruptedException if the thread is interrupted, for the same reason or another
   */
  public <T> List<T> collect(Receiver<? extends T> in) throws InterruptedException {
    List<T> all = new ArrayList<>();
    for (T value = in.receive(context); value != null; value = in.receive(context)) {
      all.add(value);
    }
    return all;
  }

  /**
   * Starts the goroutines of a stage. The last of them to return closes the channels. If one throws
   * or the pipeline is cancelled, they stay open: work that swallowed its interrupt and returned
   * must not look finished.
   */
  private void stage(
      String kind,
      List<? extends Receiver<?>> ins,
      List<? extends Chan<?>> outs,
      int goroutines,
      Task work) {
    AtomicInteger left = new AtomicInteger(goroutines);
    Task counted =
        () -> {
          work.run();
          if (left.decrementAndGet() == 0 && !context.isDone()) {
            outs.forEach(Chan::close);
          }
        };
    List<Goroutine<?>> started = new ArrayList<>();
    for (int i = 0; i < goroutines; i++) {
      Goroutine<?> goroutine = scope.startStage(counted);
      if (Observers.WANTED) {
        started.add(goroutine);
      }
    }
    if (Observers.WANTED) {
      Stages.add(scope, kind, ins, outs, started);
    }
  }

  private static int atLeastOne(int n, String what) {
    if (n < 1) {
      throw new IllegalArgumentException(what + ": " + n + " is not positive");
    }
    return n;
  }
}
