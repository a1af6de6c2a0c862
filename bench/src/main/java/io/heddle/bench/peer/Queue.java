package io.heddle.bench.peer;

/** A queue between light threads: a channel, or the peer's counterpart. */
public interface Queue<T> {
  /** Adds an element; blocks while the queue is full. */
  void send(T element) throws Exception;

  /** Takes an element; blocks while the queue is empty. */
  T receive() throws Exception;
}
