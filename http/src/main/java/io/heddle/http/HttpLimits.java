package io.heddle.http;

/**
 * How much of a message is taken from the other side, so that it cannot fill the memory. A server
 * refuses a request that is larger, and says so; for a client a larger response is a failure.
 *
 * @param line the length of the first line of a message, in bytes
 * @param headers the number of headers, also of those that may follow a chunked body
 * @param headerBytes the length of all headers together
 * @param body the length of the body. Memory is taken as it arrives, not as it is announced.
 */
public record HttpLimits(int line, int headers, int headerBytes, int body) {
  /** 8 KB for the first line, 100 headers of 64 KB in all, 1 MB for the body. */
  public static final HttpLimits DEFAULT = new HttpLimits(8 << 10, 100, 64 << 10, 1 << 20);

  /**
   * Makes limits.
   *
   * @throws IllegalArgumentException if there would be no room for the smallest message
   */
  public HttpLimits {
    if (line < 16 || headers < 1 || headerBytes < 16 || body < 0) {
      throw new IllegalArgumentException("too small for any message");
    }
  }

  /**
   * These limits with another.
   *
   * @param bytes the length of the body, from 0
   * @return new limits
   */
  public HttpLimits withBody(int bytes) {
    return new HttpLimits(line, headers, headerBytes, bytes);
  }
}
