package io.heddle.orders.pipeline;

import io.heddle.Go;
import io.heddle.orders.ca.CertificateAuthority.RenewalWindow;
import io.heddle.orders.files.Chain;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * When to renew certificates.
 *
 * @param areOn whether certificates are renewed, unless their customers do not want that
 * @param look how long to wait before the CA is asked for a window again, if the CA does not say
 * @param again how often a renewal in progress is looked at, and replayed if it is dead
 * @param rest how long a certificate is not renewed after it was issued, even if the CA suggests
 *     it; at most a sixth of its life. A CA that suggests to renew all certificates at once, by
 *     mistake, is not asked for another one immediately
 */
public record Renewals(boolean areOn, Duration look, Duration again, Duration rest) {
  /** Asks four times a day, as Let's Encrypt wishes. */
  public static final Renewals DEFAULT =
      new Renewals(true, Duration.ofHours(6), Duration.ofDays(1), Duration.ofHours(6));

  /** From RFC 9773: a CA that wants to be asked more often is asked once a minute. */
  private static final Duration SHORTEST_LOOK = Duration.ofMinutes(1);

  /** A certificate with a shorter life is renewed after half of it, and not after two thirds. */
  private static final Duration SHORT_LIFE = Duration.ofDays(10);

  /** The same for certificates that are not renewed. */
  public Renewals off() {
    return new Renewals(false, look, again, rest);
  }

  /** The same with all times multiplied. */
  Renewals scaled(double factor) {
    return new Renewals(areOn, scaled(look, factor), scaled(again, factor), scaled(rest, factor));
  }

  private static Duration scaled(Duration time, double factor) {
    return Duration.ofNanos((long) (time.toNanos() * factor));
  }

  /**
   * The moment of a renewal: a random one within the CA's window, which depends on the order alone.
   * So every worker finds the same moment, and it moves only if the window does. If the CA suggests
   * no window, a window begins when a third of the certificate's life is left.
   *
   * @param order the id of the order, which is random
   * @param window the window that the CA suggests, null if it does not
   */
  Instant moment(String order, Chain chain, @Nullable RenewalWindow window) {
    Duration life = Duration.between(chain.notBefore(), chain.notAfter());
    Instant now = Go.now();
    Instant start;
    Instant end;
    if (window != null) {
      start = now.plus(window.start());
      end = now.plus(window.end());
    } else {
      start =
          chain
              .notAfter()
              .minus(life.compareTo(SHORT_LIFE) < 0 ? life.dividedBy(2) : life.dividedBy(3));
      end = start.plus(life.dividedBy(12));
    }
    if (end.isAfter(chain.notAfter())) {
      end = chain.notAfter(); // the certificate would have expired
    }
    Instant chosen = start;
    if (end.isAfter(start)) {
      double part = Integer.toUnsignedLong(mixed(order.hashCode())) / 0x1p32;
      chosen =
          start.plus(Duration.ofMillis((long) (Duration.between(start, end).toMillis() * part)));
    }
    Duration least = rest.compareTo(life.dividedBy(6)) < 0 ? rest : life.dividedBy(6);
    Instant earliest = chain.notBefore().plus(least);
    return chosen.isBefore(earliest) ? earliest : chosen;
  }

  /** Spreads the bits of a hash code, as the finalizer of MurmurHash3 does. */
  private static int mixed(int hash) {
    int bits = hash;
    bits = (bits ^ (bits >>> 16)) * 0x85ebca6b;
    bits = (bits ^ (bits >>> 13)) * 0xc2b2ae35;
    return bits ^ (bits >>> 16);
  }

  /**
   * How long to wait before the plan is looked at again.
   *
   * @param until the time until the renewal
   * @param window the window that the CA suggests, null if it does not
   */
  Duration next(Duration until, @Nullable RenewalWindow window) {
    Duration wish = window == null ? null : window.askAgain();
    Duration wait = wish == null ? look : wish.compareTo(SHORTEST_LOOK) < 0 ? SHORTEST_LOOK : wish;
    return wait.compareTo(until) < 0 ? wait : until;
  }
}
