package io.heddle;

import io.heddle.jvm.Observers;
import io.heddle.scheduler.Headroom;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A channel: Go's {@code chan T}. Goroutines communicate and synchronise through it.
 *
 * {@snippet :
 * Chan<String> messages = Chan.unbuffered();            // make(chan string)
 * go(() -> messages.send("ping"));                      // go func() { messages <- "ping" }()
 * IO.println(messages.receive());                       // fmt.Println(<-messages)
 * }
 *
 * <p>Waiting senders and waiting receivers are served in the order in which they came. All
 * operations are linearizable, the ones that do not wait and {@link #len} included.
 *
 * <p>Memory effects: a send happens before the completion of its receive; the k-th receive on a
 * channel of capacity C happens before the completion of the (k+C)-th send; a close happens before
 * a receive that returns null because of it.
 *
 * @param <T> the elements, never null
 */
public final class Chan<T> extends Source<T> implements Sender<T> {
  // Invariants, whenever the lock is free, counting only nodes whose waiter still waits:
  //   at least one of senders and receivers is empty, but for a single goroutine that waits in one
  //     select to send and to receive on this channel;
  //   count > 0 implies that no receiver waits;
  //   count < capacity implies that no sender waits;
  //   closed implies that neither waits.
  // A value goes from a sender to a waiting receiver directly, never through the buffer, and from
  // the buffer to a receiver while a waiting sender's value takes its place at the tail: both keep
  // the order of the sends, and a waiter that was woken has nothing left to compete for.

  /** Put into the node of a sender when the channel is closed under it. */
  static final Object CLOSED = new Object();

  /** What {@link #receiveOrEnter} found. */
  private static final Object NOTHING = new Object();

  private static final int NEVER_READY = -1;

  final WaitQueue senders = new WaitQueue();

  /** The buffer, a ring; null if absent. */
  private final @Nullable Object @Nullable [] ring;

  private final int capacity;
  private int head;
  private int count;

  /** Changes once, under the lock, and is read without it: what happened before it has happened. */
  private volatile boolean closed;

  private Chan(int capacity) {
    this.capacity = capacity;
    this.ring = capacity > 0 ? new Object[capacity] : null;
  }

  /**
   * Makes a channel without a buffer: Go's {@code make(chan T)}. A send and a receive wait for each
   * other.
   *
   * @param <T> the elements
   * @return a new channel
   */
  public static <T> Chan<T> unbuffered() {
    return new Chan<>(0);
  }

  /**
   * Makes a channel with a buffer: Go's {@code make(chan T, n)}. A send waits only while the buffer
   * is full, a receive only while it is empty. The memory for all of it is taken here.
   *
   * @param <T> the elements
   * @param capacity the size of the buffer; 0 makes an unbuffered channel
   * @return a new channel
   * @throws IllegalArgumentException if the capacity is negative
   */
  public static <T> Chan<T> buffered(int capacity) {
    if (capacity < 0) {
      throw new IllegalArgumentException("capacity of a channel: " + capacity + " is negative");
    }
    return new Chan<>(capacity);
  }

  /**
   * Makes a channel that is never ready: Go's nil channel. Sends and receives wait forever, a
   * select never chooses it, and it cannot be closed.
   *
   * @param <T> the elements
   * @return a channel
   */
  public static <T> Chan<T> never() {
    return new Chan<>(NEVER_READY);
  }

  @Override
  public void send(T value) throws InterruptedException {
    if (!sendOrEnter(value, null)) {
      Waiter self = queueLocked(senders, value);
      self.await(WaitReason.CHAN_SEND);
      checkSent(self.takeItem());
    }
  }

  @Override
  public void send(T value, Context context) throws InterruptedException {
    send(value, Objects.requireNonNull(context, "context"), Clock.NEVER);
  }

  @Override
  public void send(T value, Duration timeout) throws InterruptedException, TimeoutException {
    if (!send(value, null, Program.current().clock().deadline(timeout))) {
      throw Waiter.timedOut(WaitReason.CHAN_SEND, timeout);
    }
  }

  private boolean send(T value, @Nullable Context context, long deadline)
      throws InterruptedException {
    if (!sendOrEnter(value, context)) {
      Waiter self = queueLocked(senders, value);
      if (!self.await(WaitReason.CHAN_SEND, context, deadline)) {
        return false;
      }
      checkSent(self.takeItem());
    }
    return true;
  }

  /** Sends if that is possible at once. If not, returns false, and the lock is held. */
  private boolean sendOrEnter(T value, @Nullable Context context) throws InterruptedException {
    Objects.requireNonNull(value, "send of null");
    touch();
    Waiter.check(WaitReason.CHAN_SEND, context);
    enter();
    if (closed) {
      exit();
      throw sendOnClosed();
    }
    Waiter receiver = receivers.claimFirst(value);
    if (receiver != null) {
      exit();
      receiver.wake();
      return true;
    }
    if (count < capacity) {
      enqueueLocked(value);
      exit();
      return true;
    }
    return false;
  }

  /** Has the caller wait in a queue, and releases the lock. */
  private Waiter queueLocked(WaitQueue queue, @Nullable Object item) {
    assert isHeld();
    Waiter self = currentWaiterLocked();
    self.prepare(this, item);
    if (isLive()) {
      queue.add(self);
    }
    exit();
    return self;
  }

  private static void checkSent(@Nullable Object item) {
    if (item == CLOSED) {
      throw sendOnClosed();
    }
  }

  @Override
  public boolean trySend(T value) {
    Objects.requireNonNull(value, "send of null");
    touch();
    if (seemsFull()) {
      // A channel that is full, seen without the lock, and open, seen later: it was open and full
      // at the look after the fence, which orders that look after what this thread did before, on
      // this channel or another. Without the look before the fence, success would pay for it, too.
      VarHandle.fullFence();
      if (seemsFull()) {
        VarHandle.loadLoadFence();
        if (!closed) {
          return false;
        }
      }
    }
    enter();
    if (closed) {
      exit();
      throw sendOnClosed();
    }
    Waiter receiver = receivers.claimFirst(value);
    boolean sent = receiver != null;
    if (!sent && count < capacity) {
      enqueueLocked(value);
      sent = true;
    }
    exit();
    if (receiver != null) {
      receiver.wake();
    }
    return sent;
  }

  @Override
  public @Nullable T receive() throws InterruptedException {
    Object received = receiveOrEnter(null);
    if (received == NOTHING) {
      Waiter self = queueLocked(receivers, null);
      self.await(WaitReason.CHAN_RECEIVE);
      received = self.takeItem();
    }
    return value(received);
  }

  @Override
  public @Nullable T receive(Context context) throws InterruptedException {
    Object received = receiveOrEnter(Objects.requireNonNull(context, "context"));
    if (received == NOTHING) {
      Waiter self = queueLocked(receivers, null);
      self.await(WaitReason.CHAN_RECEIVE, context, Clock.NEVER);
      received = self.takeItem();
    }
    return value(received);
  }

  @Override
  public @Nullable T receive(Duration timeout) throws InterruptedException, TimeoutException {
    long deadline = Program.current().clock().deadline(timeout);
    Object received = receiveOrEnter(null);
    if (received == NOTHING) {
      Waiter self = queueLocked(receivers, null);
      if (!self.await(WaitReason.CHAN_RECEIVE, null, deadline)) {
        throw Waiter.timedOut(WaitReason.CHAN_RECEIVE, timeout);
      }
      received = self.takeItem();
    }
    return value(received);
  }

  /** Receives if that is possible at once. If not, returns NOTHING, and the lock is held. */
  private @Nullable Object receiveOrEnter(@Nullable Context context) throws InterruptedException {
    touch();
    Waiter.check(WaitReason.CHAN_RECEIVE, context);
    if (isEnded()) {
      return null;
    }
    enter();
    if (count > 0) {
      Object value = firstLocked();
      Waiter sender = dropFirstLocked();
      exit();
      if (sender != null) {
        sender.wake();
      }
      return value;
    }
    for (Node sender = senders.poll(); sender != null; sender = senders.poll()) {
      Object value = sender.item;
      Waiter waiter = Waiter.of(sender);
      if (waiter.claim(sender)) {
        exit();
        waiter.wake();
        return value;
      }
    }
    if (closed) {
      exit();
      return null;
    }
    return NOTHING;
  }

  @Override
  public @Nullable T tryReceive() {
    touch();
    if (seemsEmpty()) {
      VarHandle.fullFence(); // as in trySend
      if (seemsEmpty()) {
        return null;
      }
    }
    Object value = null;
    Waiter waiter = null;
    enter();
    if (count > 0) {
      value = firstLocked();
      waiter = dropFirstLocked();
    } else {
      for (Node sender = senders.poll(); sender != null; sender = senders.poll()) {
        Object offered = sender.item;
        Waiter candidate = Waiter.of(sender);
        if (candidate.claim(sender)) {
          value = offered;
          waiter = candidate;
          break;
        }
      }
    }
    exit();
    if (waiter != null) {
      waiter.wake();
    }
    return value(value);
  }

  @Override
  public SendCase<T, @Nullable Void> onSend(@Nullable T value) {
    return onSend(value, () -> null);
  }

  @Override
  public <R extends @Nullable Object> SendCase<T, R> onSend(
      @Nullable T value, Supplier<? extends R> result) {
    return new SendCase<T, R>(this, value, Objects.requireNonNull(result, "result"));
  }

  @Override
  public void close() {
    if (!isLive()) {
      throw new ChannelClosedException("close of a channel that is never ready");
    }
    touchToGive();
    Wakeups wakeups = new Wakeups();
    enter();
    if (closed) {
      exit();
      throw new ChannelClosedException("close of closed channel");
    }
    closed = true;
    wakeups.claimAll(receivers, null);
    wakeups.claimAll(senders, CLOSED);
    exit();
    wakeups.wake();
  }

  @Override
  public boolean isDrained() {
    return isEnded();
  }

  @Override
  public int len() {
    Headroom.forGiving();
    enter();
    int len = count;
    exit();
    return len;
  }

  @Override
  public int cap() {
    return Math.max(capacity, 0);
  }

  /**
   * Names the channel for observers of the program: the live page, metrics and dumps of channels
   * show the named ones. That does not keep the channel from being collected. The last name given
   * counts. Go's channels have no names.
   *
   * {@snippet :
   * Chan<Order> orders = Chan.<Order>buffered(100).named("orders");
   * }
   *
   * @param name the name
   * @return this channel
   */
  public Chan<T> named(String name) {
    Headroom.forGiving();
    NamedChannels.name(this, Objects.requireNonNull(name, "name"));
    return this;
  }

  /** How many values it has taken over, about, if there are observers; wraps around. */
  int passed() {
    enter();
    int passed = receivers.taken + senders.taken;
    exit();
    return passed;
  }

  boolean isClosed() {
    return closed;
  }

  @Override
  public String toString() {
    Headroom.forGiving();
    enter();
    String state = closed ? ", closed" : "";
    int len = count;
    exit();
    return isLive() ? "Chan[" + len + "/" + capacity + state + "]" : "Chan[never]";
  }

  // What select needs, with the lock held.

  @Override
  boolean isExclusive() {
    return isLive();
  }

  @Override
  boolean isLive() {
    return capacity != NEVER_READY;
  }

  @Override
  boolean ready() {
    return count > 0 || closed || !senders.isEmpty();
  }

  @Override
  boolean seemsUnready() {
    if (seemsEmpty()) {
      VarHandle.fullFence(); // as in trySend
      if (seemsEmpty()) {
        VarHandle.loadLoadFence();
        return !closed;
      }
    }
    return false;
  }

  @Override
  boolean isEnded() {
    return closed && count == 0;
  }

  @Override
  boolean take(Node into, Wakeups wakeups) {
    if (count > 0) {
      into.item = firstLocked();
      Waiter sender = dropFirstLocked();
      if (sender != null) {
        wakeups.add(sender);
      }
      return true;
    }
    for (Node sender = senders.poll(); sender != null; sender = senders.poll()) {
      Object value = sender.item;
      if (wakeups.claim(sender)) {
        into.item = value;
        return true;
      }
    }
    into.item = null;
    return closed;
  }

  boolean readyToSendLocked() {
    assert isHeld();
    return closed || count < capacity || !receivers.isEmpty();
  }

  boolean putLocked(T value, Node from, Wakeups wakeups) {
    assert isHeld();
    if (closed) {
      from.item = CLOSED;
      return true;
    }
    from.item = null;
    Waiter receiver = receivers.claimFirst(value);
    if (receiver != null) {
      wakeups.add(receiver);
      return true;
    }
    if (count < capacity) {
      enqueueLocked(value);
      return true;
    }
    return false;
  }

  @Override
  WaitReason reason() {
    return WaitReason.CHAN_RECEIVE;
  }

  static ChannelClosedException sendOnClosed() {
    return new ChannelClosedException("send on closed channel");
  }

  private void enqueueLocked(@Nullable Object value) {
    assert isHeld();
    if (Observers.WANTED) {
      receivers.taken++;
    }
    @Nullable Object[] buffer = buffer();
    int beforeWrap = capacity - head;
    buffer[count < beforeWrap ? head + count : count - beforeWrap] = value;
    count++;
  }

  private @Nullable Object firstLocked() {
    assert isHeld();
    return buffer()[head];
  }

  /**
   * Drops the first element, and lets the value of the first sender that still waits in. As senders
   * wait only while the buffer is full, the end of the ring is where its head was. The count stays
   * the same in this case, and never even for a moment shows a buffer emptier than it is: {@link
   * #seemsEmpty} reads it without the lock.
   *
   * @return the sender, null if absent
   */
  private @Nullable Waiter dropFirstLocked() {
    assert isHeld();
    Object replacement = null;
    Waiter sender = null;
    for (Node node = senders.poll(); node != null; node = senders.poll()) {
      Object value = node.item;
      Waiter waiter = Waiter.of(node);
      if (waiter.claim(node)) {
        replacement = value;
        sender = waiter;
        break;
      }
    }
    buffer()[head] = replacement;
    head = head + 1 == capacity ? 0 : head + 1;
    if (sender == null) {
      count--;
    }
    return sender;
  }

  private @Nullable Object[] buffer() {
    return Objects.requireNonNull(ring, "a channel without a buffer holds no elements");
  }

  // A queue seems empty, too, while its last node is taken out but not yet claimed. That claim may
  // fail because the waiter is claimed elsewhere, later than this look; hence the lock has to be
  // free.

  private boolean seemsFull() {
    return capacity > 0 ? count == capacity : receivers.isEmpty() && isFree();
  }

  private boolean seemsEmpty() {
    return capacity > 0 ? count == 0 : senders.isEmpty() && isFree();
  }
}
