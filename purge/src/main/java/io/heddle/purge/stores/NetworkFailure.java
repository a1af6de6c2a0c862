package io.heddle.purge.stores;

import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import java.io.EOFException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/** A store that cannot be reached, in the same words for every client. */
final class NetworkFailure {
  private NetworkFailure() {}

  static StoreException of(String store, Exception e) {
    Throwable network = Causes.find(e, NetworkFailure::isReason);
    Throwable reason = network == null ? e : network;
    String text = store + ": " + text(reason);
    return switch (reason) {
      case ProxyAddress.ProxyException refusal ->
          new StoreException(refusal.kind(), "proxy", text, null, e);
      case SSLException _ ->
          new StoreException(Kind.UNREACHABLE, "TLS", text + hint(reason), null, e);
      case UnknownHostException _ ->
          new StoreException(
              Kind.UNAVAILABLE,
              "unknown host",
              store + ": unknown host " + text(reason) + ": is the address right?",
              null,
              e);
      case ConnectException _ ->
          new StoreException(
              Kind.UNAVAILABLE, "no connection", text + ": is the server running there?", null, e);
      case NoRouteToHostException _ ->
          new StoreException(Kind.UNAVAILABLE, "no connection", text, null, e);
      case SocketTimeoutException _, TimeoutException _ ->
          new StoreException(Kind.TIMEOUT, "no answer in time", text, null, e);
      default -> {
        boolean isHandshake = Causes.find(e, SSLException.class::isInstance) != null;
        String hint = isHandshake ? ": does the server speak TLS on this port?" : "";
        yield new StoreException(Kind.UNAVAILABLE, "connection broke", text + hint, null, e);
      }
    };
  }

  /** What to do about a failure of TLS that another attempt does not mend. */
  private static String hint(Throwable reason) {
    String text = String.valueOf(reason.getMessage());
    if (text.contains("unable to find valid certification path") || text.contains("PKIX path")) {
      return ": the server's certificate is not of a trusted authority, see --cacert";
    }
    if (text.contains("No subject alternative") || text.contains("No name matching")) {
      return ": the server's certificate is for another name, see --server-name";
    }
    if (text.contains("certificate_required") || text.contains("bad_certificate")) {
      return ": the server wants a certificate of the client, see --cert";
    }
    return text.contains("Unsupported or unrecognized SSL message")
        ? ": the server speaks no TLS on this port"
        : "";
  }

  /** Whether TLS itself failed. A connection that broke during a handshake may succeed later. */
  private static boolean isTls(Throwable e) {
    return e instanceof SSLException
        && Causes.find(e, c -> c instanceof EOFException || c instanceof SocketException) == null;
  }

  private static String text(Throwable reason) {
    if (reason.getMessage() != null) {
      return reason.getMessage();
    }
    return reason instanceof TimeoutException
        ? "no answer in time"
        : reason.getClass().getSimpleName();
  }

  private static boolean isReason(Throwable e) {
    return isTls(e)
        || e instanceof UnknownHostException
        || e instanceof ConnectException
        || e instanceof NoRouteToHostException
        || e instanceof SocketTimeoutException
        || e instanceof TimeoutException;
  }
}
