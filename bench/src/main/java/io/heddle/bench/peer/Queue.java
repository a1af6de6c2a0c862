package io.heddle.bench.peer;

/** What light threads hand elements over with: a channel, or what the peer has for one. */
public interface Queue<T> {
  /** Adds an element, and waits for room if there is none. */
  void send(T element) throws Exception;

  /** Takes an element, and waits for one if there is none. */
  T receive() throws Exception;
}
