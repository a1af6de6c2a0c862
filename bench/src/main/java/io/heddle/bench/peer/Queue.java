package io.heddle.bench.peer;

/**
 * What light threads hand elements over with: a channel, or what the peer has for one.
 *
 * @param <T> the elements
 */
public interface Queue<T> {
  /**
   * Adds an element, and waits for room if there is none.
   *
   * @param element the element
   * @throws Exception if it fails
   */
  void send(T element) throws Exception;

  /**
   * Takes an element, and waits for one if there is none.
   *
   * @return the element
   * @throws Exception if it fails
   */
  T receive() throws Exception;
}
