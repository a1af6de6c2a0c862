package io.heddle.orders.api;

import io.heddle.Go;
import io.heddle.orders.telemetry.Log;
import io.heddle.orders.telemetry.Metrics;
import io.heddle.rate.RateLimiter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Authenticates requests, and throttles wrong tokens. An address, or an IPv6 network of 64 bits,
 * may send a few wrong tokens; more of them are answered with status 429. A known token is always
 * let in, because many customers may share an address with a client that sends wrong tokens. So the
 * throttle does not prevent guessing: the length of the tokens does.
 *
 * <p>The guard remembers a limited number of addresses, those that sent a wrong token most
 * recently.
 */
final class TokenGuard {
  /** How many wrong tokens an address may send at once, and how often after that. */
  private static final int BURST = 20;

  private static final Duration EVERY = Duration.ofSeconds(6);

  /** The shortest time between two lines of the log for one address. */
  private static final Duration SILENCE = Duration.ofMinutes(1);

  private static final int ADDRESSES = 10_000;
  private static final int IPV6 = 16;
  private static final int IPV6_NETWORK = 8;

  private final Tokens tokens;
  private final Log log;
  private final Metrics metrics;
  private final Map<InetAddress, Client> clients =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<InetAddress, Client> eldest) {
          return size() > ADDRESSES;
        }
      };

  /** The state of an address, guarded by this guard's lock. */
  private static final class Client {
    final RateLimiter wrong = RateLimiter.every(EVERY, BURST);

    long unlogged;
    @Nullable Long logged;
  }

  TokenGuard(Tokens tokens, Log log, Metrics metrics) {
    this.tokens = tokens;
    this.log = log;
    this.metrics = metrics;
  }

  /**
   * The sender of a request.
   *
   * @param authorization the header, null if absent
   * @throws ProblemException if the token is unknown
   */
  Tokens.Caller callerOf(InetAddress address, @Nullable String authorization)
      throws ProblemException {
    String digest = Tokens.digestOf(authorization);
    if (digest == null) {
      throw Tokens.unknown("send Authorization: Bearer TOKEN with a token that is known");
    }
    Tokens.Caller caller = tokens.callerOf(digest);
    if (caller != null) {
      return caller;
    }
    InetAddress from = network(address);
    synchronized (this) {
      Client client = clients.computeIfAbsent(from, _ -> new Client());
      boolean isTooMany = !client.wrong.tryAcquire();
      noteWrong(client, from, isTooMany ? "throttled" : "refused");
      throw isTooMany ? tooMany() : Tokens.unknown("the token is unknown, or has expired");
    }
  }

  private void noteWrong(Client client, InetAddress from, String answer) {
    metrics.wrongToken();
    client.unlogged++;
    long now = Go.nanoTime();
    if (client.logged == null || now - client.logged >= SILENCE.toNanos()) {
      log.write(
          "wrong_token", "client", from.getHostAddress(), "count", client.unlogged, "last", answer);
      client.logged = now;
      client.unlogged = 0;
    }
  }

  private static ProblemException tooMany() {
    return new ProblemException(
        429,
        "wrong-tokens",
        "Too many wrong tokens",
        "too many wrong tokens came from this address; known tokens are let in meanwhile",
        Map.of("Retry-After", String.valueOf(EVERY.toSeconds())));
  }

  /** A host has all addresses of an IPv6 network of 64 bits. */
  private static InetAddress network(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (bytes.length < IPV6) {
      return address;
    }
    Arrays.fill(bytes, IPV6_NETWORK, bytes.length, (byte) 0);
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address of " + bytes.length + " bytes", e);
    }
  }
}
