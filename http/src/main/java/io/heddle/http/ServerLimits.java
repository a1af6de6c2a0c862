package io.heddle.http;

import java.time.Duration;

/**
 * What a server takes from its clients, so that none of them, and not all together, can hold it up.
 * A connection that is too slow is closed.
 *
 * @param messages the size of a request
 * @param connections how many connections are open at a time, from 1. The one that has been idle
 *     longest makes room for a new one; while none is idle, new ones wait in the operating system's
 *     queue.
 * @param idle how long a connection may be without a request
 * @param request how long a request may take to arrive, from its first byte to its last
 * @param write how long the client may take to accept a response
 */
public record ServerLimits(
    HttpLimits messages, int connections, Duration idle, Duration request, Duration write) {
  /** 10,000 connections, two minutes between requests, a minute to send and to receive. */
  public static final ServerLimits DEFAULT =
      new ServerLimits(
          HttpLimits.DEFAULT,
          10_000,
          Duration.ofMinutes(2),
          Duration.ofMinutes(1),
          Duration.ofMinutes(1));

  /**
   * Makes limits.
   *
   * @throws IllegalArgumentException if there could be no connection, or no request on it
   */
  public ServerLimits {
    if (connections < 1 || !isPositive(idle) || !isPositive(request) || !isPositive(write)) {
      throw new IllegalArgumentException("there could be no request");
    }
  }

  private static boolean isPositive(Duration time) {
    return time.compareTo(Duration.ZERO) > 0;
  }

  /**
   * These limits with others.
   *
   * @param messages the size of a request
   * @return new limits
   */
  public ServerLimits with(HttpLimits messages) {
    return new ServerLimits(messages, connections, idle, request, write);
  }
}
