package io.heddle.preflight;

import io.heddle.Go;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Connects to an address, and reports a failure in the words of a CA. */
final class Dialer {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  /** A connection times out this long before the check, so that the error names the connection. */
  private static final long MARGIN = Duration.ofMillis(10).toNanos();

  private Dialer() {}

  /**
   * Connects to the first address or, if that fails, to the second.
   *
   * @param warning is added to the warning about the second address
   */
  static Network.Connection dialFirst(
      Network network,
      String host,
      List<InetAddress> addresses,
      int port,
      long deadline,
      String warning,
      Trace trace)
      throws NotReadyException, InterruptedException {
    for (int i = 0; i < addresses.size() - 1; i++) {
      try {
        return dial(network, host, addresses.get(i), port, deadline, trace);
      } catch (NotReadyException e) {
        trace.warn(
            "%s; going on with %s%s"
                .formatted(e.getMessage(), addresses.get(i + 1).getHostAddress(), warning));
      }
    }
    return dial(network, host, addresses.getLast(), port, deadline, trace);
  }

  /**
   * Connects.
   *
   * @param deadline the check's deadline, by the clock of its trace
   */
  static Network.Connection dial(
      Network network, String host, InetAddress address, int port, long deadline, Trace trace)
      throws NotReadyException, InterruptedException {
    long began = Go.nanoTime();
    Duration left = trace.time().until(deadline - MARGIN);
    String failure = "interrupted";
    try {
      Network.Connection connection =
          network.connect(
              address, port, false, left.compareTo(TIMEOUT) < 0 ? left : TIMEOUT, trace.time());
      failure = null;
      return connection;
    } catch (RefusedAddressException e) {
      failure = e.getMessage();
      throw new NotReadyException(
          CheckResult.willFail(ProblemType.CONNECTION, String.valueOf(failure)), e);
    } catch (IOException e) {
      CheckResult outcome = outcome(address, e);
      failure = outcome.detail();
      throw new NotReadyException(outcome, e);
    } finally {
      trace.add(new TraceStep.Connect(host, address.getHostAddress(), port, failure), began);
    }
  }

  private static CheckResult outcome(InetAddress address, IOException e) {
    String message = Network.reason(e).toLowerCase(Locale.ROOT);
    if (e instanceof SocketTimeoutException) {
      return failed(address, "Timeout during connect (likely firewall problem)");
    }
    if (e instanceof NoRouteToHostException || message.contains("unreachable")) {
      return SpecialAddresses.isIpv4(address)
          ? failed(address, "Network unreachable")
          : CheckResult.unknown(
              ProblemType.CONNECTION,
              address.getHostAddress()
                  + ": Network unreachable (perhaps this machine has no IPv6; the CA has)");
    }
    if (e instanceof ConnectException && message.contains("refused")) {
      return failed(address, "Connection refused");
    }
    return failed(address, message.contains("reset") ? "Connection reset by peer" : message);
  }

  static CheckResult failed(InetAddress address, @Nullable String detail) {
    return CheckResult.notYet(
        ProblemType.CONNECTION, address.getHostAddress() + ": " + Trace.printable("" + detail));
  }
}
