package io.heddle.evidence.golang;

import io.heddle.Case;
import io.heddle.Chan;
import io.heddle.ChannelClosedException;
import io.heddle.Cond;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.DeadlineExceededException;
import io.heddle.DeadlockException;
import io.heddle.Go;
import io.heddle.Locker;
import io.heddle.Mutex;
import io.heddle.Once;
import io.heddle.PanicException;
import io.heddle.RWMutex;
import io.heddle.Receiver;
import io.heddle.Select;
import io.heddle.Task;
import io.heddle.WaitGroup;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Runs a program by calls of Heddle. */
final class Execution {
  private final @Nullable Plant plant;

  /** Never done: for the forms that take a context. */
  private final Context context = Context.background().withCancel();

  private Execution(@Nullable Plant plant) {
    this.plant = plant;
  }

  /**
   * Runs a program to its end.
   *
   * @param plant a mistake to make, null for none
   */
  static Verdict of(Tree.Program program, @Nullable Plant plant) throws InterruptedException {
    Execution execution = new Execution(plant);
    AtomicLong answer = new AtomicLong();
    try {
      Go.run(() -> {
        Frame frame = new Frame(new long[program.variables()], new Object[program.variables()]);
        execution.run(program.body(), frame);
        answer.set(frame.numbers[program.answer()]);
      });
    } catch (DeadlockException e) {
      return Verdict.DEADLOCK;
    } catch (PanicException e) {
      return verdict(Objects.requireNonNull(e.getCause()));
    }
    return Verdict.answer(answer.get());
  }

  private static Verdict verdict(Throwable thrown) {
    String message = Objects.requireNonNullElse(thrown.getMessage(), "");
    return switch (thrown) {
      case Own own -> Verdict.panic("own " + own.number);
      case ChannelClosedException _ -> Verdict.panic(channelMessage(message));
      case IllegalStateException _ when message.equals("negative WaitGroup counter") ->
          Verdict.panic(message);
      case IllegalStateException _ when message.startsWith("unlock of ") ->
          Verdict.fatal(
              message.endsWith("for reading") ? "unlock of RWMutex not read-locked" : message);
      default -> new Verdict("unexpected " + thrown);
    };
  }

  private static String channelMessage(String message) {
    return message.equals("close of a channel that is never ready")
        ? "close of nil channel"
        : message;
  }

  /** A panic of the program's own. */
  private static final class Own extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final int number;

    Own(int number) {
      super("own " + number);
      this.number = number;
    }
  }

  private static final class Cell {
    long value;

    Cell(long value) {
      this.value = value;
    }
  }

  /** A goroutine's variables. Another one that it starts gets a copy. */
  private static final class Frame {
    final long[] numbers;
    final @Nullable Object[] objects;

    Frame(long[] numbers, @Nullable Object[] objects) {
      this.numbers = numbers;
      this.objects = objects;
    }

    Frame copy() {
      return new Frame(numbers.clone(), objects.clone());
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // the tree is well typed
    <T> T get(int variable) {
      return (T) Objects.requireNonNull(objects[variable]);
    }

    Chan<Object> chan(int variable) {
      return get(variable);
    }
  }

  private void run(List<Tree.Stmt> body, Frame frame) throws InterruptedException {
    for (Tree.Stmt statement : body) {
      run(statement, frame);
    }
  }

  private void run(Tree.Stmt statement, Frame frame) throws InterruptedException {
    switch (statement) {
      case Tree.Let(int v, Tree.Expr value) -> frame.numbers[v] = value(value, frame);
      case Tree.Set(int v, Tree.Expr value) -> frame.numbers[v] = value(value, frame);
      case Tree.Make make -> frame.objects[make.variable()] = make(make, frame);
      case Tree.Store(int cell, Tree.Expr value) ->
          frame.<Cell>get(cell).value = value(value, frame);
      case Tree.Count(int v, int counter, Tree.Expr value) ->
          frame.numbers[v] = frame.<AtomicLong>get(counter).addAndGet(value(value, frame));
      case Tree.Send(int chan, Tree.Expr value, int form) ->
          send(frame.chan(chan), value(value, frame), form);
      case Tree.Receive(int v, int ok, int chan, int form) ->
          received(frame, v, ok, receive(frame.chan(chan), form));
      case Tree.SendChan(int chan, int value) -> frame.chan(chan).send(frame.get(value));
      case Tree.ReceiveChan(int v, int chan) -> frame.objects[v] = frame.chan(chan).receive();
      case Tree.Close(int chan) -> close(frame.chan(chan));
      case Tree.Range(int chan, int v, List<Tree.Stmt> body, int form) ->
          range(frame.chan(chan), v, body, form, frame);
      case Tree.Select select -> select(select, frame);
      case Tree.For(int v, int times, List<Tree.Stmt> body) -> {
        for (int i = 0; i < times; i++) {
          frame.numbers[v] = i;
          run(body, frame);
        }
      }
      case Tree.While(Tree.Test test, List<Tree.Stmt> body) -> {
        while (holds(test, frame)) {
          run(body, frame);
        }
      }
      case Tree.If(Tree.Test test, List<Tree.Stmt> then, List<Tree.Stmt> otherwise) ->
          run(holds(test, frame) ? then : otherwise, frame);
      case Tree.Start start -> start(start, frame);
      case Tree.Add(int group, long delta) -> frame.<WaitGroup>get(group).add((int) delta);
      case Tree.Done(int group) -> done(frame.get(group));
      case Tree.Wait(int group, int form) -> await(frame.<WaitGroup>get(group), form);
      case Tree.Lock(int mutex, int form) -> lock(frame.get(mutex), form);
      case Tree.Unlock(int mutex) -> frame.<Locker>get(mutex).unlock();
      case Tree.TryLock(int v, int mutex) ->
          frame.numbers[v] = truth(frame.<Locker>get(mutex).tryLock());
      case Tree.LockReading(int mutex, int form) -> {
        RWMutex rw = frame.get(mutex);
        lock(plant == Plant.READERS_EXCLUDE_EACH_OTHER ? rw : rw.reading(), form);
      }
      case Tree.UnlockReading(int mutex) -> {
        RWMutex rw = frame.get(mutex);
        (plant == Plant.READERS_EXCLUDE_EACH_OTHER ? rw : rw.reading()).unlock();
      }
      case Tree.Await(int cond) -> frame.<Cond>get(cond).await();
      case Tree.Signal(int cond) -> {
        if (plant != Plant.SIGNALS_ARE_LOST) {
          frame.<Cond>get(cond).signal();
        }
      }
      case Tree.Broadcast(int cond) -> {
        if (plant == Plant.BROADCAST_WAKES_ONE) {
          frame.<Cond>get(cond).signal();
        } else {
          frame.<Cond>get(cond).broadcast();
        }
      }
      case Tree.Once(int once, List<Tree.Stmt> body) -> once(frame.get(once), body, frame);
      case Tree.Cancel(int of) -> frame.<io.heddle.CancelContext>get(of).cancel();
      case Tree.Try(int v, List<Tree.Stmt> body) -> frame.numbers[v] = attempt(body, frame);
      case Tree.Panic(int number) -> throw new Own(number);
      case Tree.Yield _ -> Go.gosched();
      case Tree.Sleep(int micros) -> Go.sleep(Duration.ofNanos(micros * 1000L));
      case Tree.Block _ -> Select.select();
    }
  }

  private static Object make(Tree.Make make, Frame frame) {
    Context parent =
        make.of() == Tree.NONE || make.kind() == Tree.Kind.COND
            ? Context.background()
            : frame.get(make.of());
    return switch (make.kind()) {
      case CHAN, CHAN_OF_CHANS -> Chan.buffered((int) make.size());
      case NIL_CHAN -> Chan.never();
      case MUTEX -> new Mutex();
      case RWMUTEX -> new RWMutex();
      case COND -> new Cond(frame.<Mutex>get(make.of()));
      case WAIT_GROUP -> new WaitGroup();
      case ONCE -> new Once();
      case CELL -> new Cell(make.size());
      case COUNTER -> new AtomicLong(make.size());
      case CONTEXT -> parent.withCancel();
      case WRAPPED_CONTEXT -> new Wrapped(parent).withCancel();
      case TIMEOUT -> parent.withTimeout(Duration.ofMillis(make.size()));
    };
  }

  private void send(Chan<Object> chan, long value, int form) throws InterruptedException {
    if (plant == Plant.SENDS_ON_CLOSED_ARE_LOST && chan.cap() > 0 && chan.isDrained()) {
      return;
    }
    switch (form) {
      case 0 -> chan.send(value);
      case 1 -> chan.send(value, context);
      case 2 -> Select.select(chan.onSend(value));
      default -> Select.of(chan.onSend(value), Chan.<Long>never().onReceive()).await();
    }
  }

  private @Nullable Object receive(Chan<Object> chan, int form) throws InterruptedException {
    return switch (form) {
      case 0 -> chan.receive();
      case 1 -> chan.receive(context);
      case 2 -> Select.<@Nullable Object>select(chan.onReceive());
      default -> {
        var first = chan.onReceive();
        var second = chan.onReceive();
        yield Select.of(first, second).await(context).result();
      }
    };
  }

  private static void received(Frame frame, int variable, int ok, @Nullable Object value) {
    frame.numbers[variable] = value == null ? 0 : (Long) value;
    frame.numbers[ok] = truth(value != null);
  }

  private void close(Chan<Object> chan) {
    if (plant == Plant.CLOSE_EMPTIES_THE_BUFFER && chan.cap() > 0) {
      while (chan.len() > 0) {
        chan.tryReceive();
      }
    }
    chan.close();
  }

  private void range(Chan<Object> chan, int v, List<Tree.Stmt> body, int form, Frame frame)
      throws InterruptedException {
    if (form == 0) {
      for (Object value : chan) {
        frame.numbers[v] = (Long) value;
        run(body, frame);
      }
    } else {
      for (Object value = receive(chan, form); value != null; value = receive(chan, form)) {
        frame.numbers[v] = (Long) value;
        run(body, frame);
      }
    }
  }

  private record Chosen(int index, @Nullable Object value) {}

  private void select(Tree.Select select, Frame frame) throws InterruptedException {
    List<Case<Chosen>> cases = new ArrayList<>();
    for (Tree.Arm arm : select.arms()) {
      int index = cases.size();
      Tree.Test when = arm.when();
      Case<Chosen> one =
          switch (arm) {
            case Tree.OnReceive on ->
                frame.chan(on.chan()).onReceive(value -> new Chosen(index, value));
            case Tree.OnSend on ->
                frame
                    .chan(on.chan())
                    .onSend(value(on.value(), frame), () -> new Chosen(index, null));
            case Tree.OnDone on ->
                frame.<Context>get(on.context()).onDone(() -> new Chosen(index, null));
            case Tree.OnTime on ->
                Go.after(Duration.ofMillis(on.millis())).onReceive(_ -> new Chosen(index, null));
          };
      boolean enabled = when == null || holds(when, frame);
      if (plant == Plant.CLOSED_IS_NEVER_READY && arm instanceof Tree.OnReceive on) {
        enabled &= !frame.chan(on.chan()).isDrained();
      }
      cases.add(one.when(enabled));
    }
    if (select.otherwise() != null) {
      cases.add(Select.otherwise(() -> new Chosen(cases.size(), null)));
    }
    Chosen chosen = await(cases, select.form());
    if (chosen.index == cases.size()) {
      run(Objects.requireNonNull(select.otherwise()), frame);
      return;
    }
    Tree.Arm arm = select.arms().get(chosen.index);
    if (arm instanceof Tree.OnReceive on) {
      received(frame, on.variable(), on.ok(), chosen.value);
    }
    run(arm.body(), frame);
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // an array of generics
  private Chosen await(List<Case<Chosen>> cases, int form) throws InterruptedException {
    Case<Chosen>[] array = cases.toArray(new Case[0]);
    return switch (form) {
      case 0 -> Select.select(array);
      case 1 -> Select.selectInOrder(array);
      case 2 -> (Chosen) Select.of(array).await().result();
      default -> (Chosen) Select.inOrder(array).await(context).result();
    };
  }

  private void start(Tree.Start start, Frame frame) {
    Frame copy = frame.copy();
    Task task = () -> run(start.body(), copy);
    Context under =
        start.context() == Tree.NONE ? Context.background() : frame.get(start.context());
    if (start.group() == Tree.NONE) {
      Go.go(under, task);
    } else {
      frame.<WaitGroup>get(start.group()).go(under, task);
    }
  }

  private void done(WaitGroup group) {
    if (plant == Plant.NEGATIVE_COUNTERS_PASS && group.tryAwait()) {
      return;
    }
    group.done();
  }

  private void await(WaitGroup group, int form) throws InterruptedException {
    switch (form) {
      case 0 -> group.await();
      case 1 -> group.await(context);
      case 2 -> Select.select(group.onAwait());
      default -> Select.of(Chan.<Long>never().onReceive(), group.onAwait()).await();
    }
  }

  private void lock(Locker locker, int form) throws InterruptedException {
    switch (form) {
      case 0 -> locker.lock();
      case 1 -> locker.lock(context);
      case 2 -> Select.select(locker.onLock());
      default -> Select.of(locker.onLock(), Chan.<Long>never().onReceive()).await();
    }
  }

  /** Go tells only the caller whose action panics of the panic, Heddle every caller. */
  private void once(Once once, List<Tree.Stmt> body, Frame frame) throws InterruptedException {
    boolean[] ran = {false};
    try {
      once.run(() -> {
        ran[0] = true;
        run(body, frame);
      });
    } catch (ExecutionException e) {
      if (ran[0]) {
        throw (RuntimeException) e.getCause();
      }
    }
  }

  private long attempt(List<Tree.Stmt> body, Frame frame) throws InterruptedException {
    try {
      run(body, frame);
      return 0;
    } catch (Own e) {
      return (long) Verdict.OWN + e.number;
    } catch (IllegalStateException e) {
      Integer number =
          Verdict.RECOVERABLE.get(channelMessage(Objects.requireNonNullElse(e.getMessage(), "")));
      if (number == null) {
        throw e;
      }
      return number;
    }
  }

  private static boolean holds(Tree.Test test, Frame frame) {
    long left = value(test.left(), frame);
    long right = value(test.right(), frame);
    return switch (test.relation()) {
      case "==" -> left == right;
      case "!=" -> left != right;
      case "<" -> left < right;
      default -> throw new IllegalArgumentException(test.relation());
    };
  }

  private static long value(Tree.Expr expression, Frame frame) {
    return switch (expression) {
      case Tree.Const(long value) -> value;
      case Tree.Var(int v) -> frame.numbers[v];
      case Tree.Op(char sign, Tree.Expr left, Tree.Expr right) -> {
        long a = value(left, frame);
        long b = value(right, frame);
        yield switch (sign) {
          case '+' -> a + b;
          case '-' -> a - b;
          case '*' -> a * b;
          case '^' -> a ^ b;
          default -> throw new IllegalArgumentException("operator " + sign);
        };
      }
      case Tree.Remainder(Tree.Expr of, long by) -> value(of, frame) % by;
      case Tree.Load(int cell) -> frame.<Cell>get(cell).value;
      case Tree.LoadCounter(int counter) -> frame.<AtomicLong>get(counter).get();
      case Tree.Len(int chan) -> frame.chan(chan).len();
      case Tree.Cap(int chan) -> frame.chan(chan).cap();
      case Tree.Err(int context) ->
          switch (frame.<Context>get(context).error()) {
            case null -> 0;
            case DeadlineExceededException _ -> 2;
            default -> 1;
          };
    };
  }

  /** A context that hands everything on to another, as Go's does that embeds one. */
  private record Wrapped(Context inner) implements Context {
    @Override
    public @Nullable Instant deadline() {
      return inner.deadline();
    }

    @Override
    public Receiver<Void> done() {
      return inner.done();
    }

    @Override
    public @Nullable ContextException error() {
      return inner.error();
    }

    @Override
    public @Nullable Throwable cause() {
      return inner.cause();
    }

    @Override
    public <T> @Nullable T value(Key<T> key) {
      return inner.value(key);
    }
  }

  private static long truth(boolean b) {
    return b ? 1 : 0;
  }

  /** Mistakes that the comparison has to find. */
  enum Plant {
    CLOSE_EMPTIES_THE_BUFFER,
    CLOSED_IS_NEVER_READY,
    SENDS_ON_CLOSED_ARE_LOST,
    READERS_EXCLUDE_EACH_OTHER,
    SIGNALS_ARE_LOST,
    BROADCAST_WAKES_ONE,
    NEGATIVE_COUNTERS_PASS,
  }
}
