package io.heddle.orders.ca;

import io.heddle.orders.Problem;
import java.net.ConnectException;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.shredzone.acme4j.exception.AcmeException;
import org.shredzone.acme4j.exception.AcmeLazyLoadingException;
import org.shredzone.acme4j.exception.AcmeNetworkException;
import org.shredzone.acme4j.exception.AcmeNotSupportedException;
import org.shredzone.acme4j.exception.AcmeProtocolException;
import org.shredzone.acme4j.exception.AcmeRateLimitedException;
import org.shredzone.acme4j.exception.AcmeServerException;
import org.shredzone.acme4j.exception.AcmeUserActionRequiredException;

/**
 * Translates acme4j's exceptions: what happened, and how to handle it. Details about faults of the
 * CA or the network, such as the host, are for the operator; titles are for customers, too.
 */
final class Failures {
  private static final String FAULT = "The CA has a fault";
  private static final String CONNECT =
      "; check that it is up, and that this machine may connect to it";
  private static final String BY_ITSELF = "; the request is repeated automatically";

  /** acme4j gives the status of an answer without a problem document in its message only. */
  private static final Pattern STATUS = Pattern.compile("\\bHTTP ([0-9]{3})\\b");

  private final String host;
  private final CaClock clock;

  private static final String INVALID_PROFILE = Problem.ACME + "invalidProfile";

  Failures(URI directory, CaClock clock) {
    int port = directory.getPort();
    this.host = directory.getHost() + (port < 0 ? "" : ":" + port);
    this.clock = clock;
  }

  /** An exchange by means of acme4j. */
  interface Exchange<T> {
    T run() throws AcmeException;
  }

  <T> T translating(Exchange<T> exchange) throws CaException, InterruptedException {
    try {
      return exchange.run();
    } catch (AcmeException e) {
      throw translated(e);
    } catch (AcmeNotSupportedException e) {
      // Only profiles are requested although the directory does not offer them.
      throw new CaException(
          CaException.Kind.ACCOUNT,
          new Problem(
              INVALID_PROFILE,
              "The CA has no such profile",
              0,
              host
                  + ": "
                  + e.getMessage()
                  + "; set --profile to one of the CA's directory, or remove it"),
          null,
          e);
    } catch (AcmeLazyLoadingException | AcmeProtocolException e) {
      // Errors in data that acme4j reads lazily, and malformed answers.
      throw translated(
          e.getCause() instanceof AcmeException cause
              ? cause
              : new AcmeException(String.valueOf(e.getMessage()), e));
    }
  }

  private CaException translated(AcmeException e) throws InterruptedException {
    if (causes(e).anyMatch(InterruptedException.class::isInstance)) {
      throw (InterruptedException) new InterruptedException("asking the CA").initCause(e);
    }
    return switch (e) {
      case AcmeRateLimitedException limited ->
          new CaException(
              CaException.Kind.RATE_LIMITED,
              documented(
                  problem(limited.getProblem()),
                  limited.getDocuments().stream()
                      .map(URL::toString)
                      .collect(Collectors.joining(", "))),
              limited.getRetryAfter().map(clock::until).orElse(null),
              e);
      case AcmeUserActionRequiredException wanting ->
          new CaException(
              CaException.Kind.ACCOUNT,
              documented(
                  problem(wanting.getProblem()),
                  wanting.getProblem().getInstance().map(URI::toString).orElse("")),
              null,
              e);
      case AcmeServerException answered -> answered(answered);
      case AcmeNetworkException network ->
          new CaException(CaException.Kind.TRANSIENT, unreachable(network), null, e);
      default -> unexplained(e);
    };
  }

  private CaException answered(AcmeServerException e) {
    Problem problem = problem(e.getProblem());
    CaException.Kind kind = kind(problem);
    return new CaException(
        kind, kind == CaException.Kind.TRANSIENT ? fault(problem) : problem, null, e);
  }

  private static CaException.Kind kind(Problem problem) {
    if (problem.status() == 404) {
      return CaException.Kind.GONE;
    }
    if (problem.status() >= 500) {
      return CaException.Kind.TRANSIENT;
    }
    return switch (problem.type()) {
      case Problem.ACME + "badNonce", Problem.ACME + "serverInternal" -> CaException.Kind.TRANSIENT;
      case Problem.ACME + "rateLimited" -> CaException.Kind.RATE_LIMITED;
      case INVALID_PROFILE -> CaException.Kind.ACCOUNT; // the operator has chosen it
      default ->
          problem.type().startsWith(Problem.ACME) || problem.status() >= 400
              ? CaException.Kind.REFUSED
              : CaException.Kind.TRANSIENT; // so short an answer is from a proxy before the CA
    };
  }

  /** A fault of the CA: its explanation is for the operator, even if it has a title. */
  private Problem fault(Problem explained) {
    int status = explained.status();
    return new Problem(
        explained.type(),
        FAULT,
        status,
        host + (status == 0 ? "" : " answered HTTP " + status) + ": " + explained + BY_ITSELF);
  }

  /** An answer without a problem document, or with one that ACME does not define. */
  private CaException unexplained(AcmeException e) {
    String message = String.valueOf(e.getMessage());
    Matcher matcher = STATUS.matcher(message);
    int status = matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
    if (status == 404) {
      return new CaException(
          CaException.Kind.GONE,
          Problem.of(
              "ca-gone", "The CA does not know the requested object", "it answered HTTP 404"),
          null,
          e);
    }
    return new CaException(
        CaException.Kind.TRANSIENT,
        new Problem(
            Problem.OURS + "ca-fault",
            status >= 500 ? FAULT : "The CA's answer was not as expected",
            status,
            host + ": " + message + "; if this continues, ask the CA, or check --ca" + BY_ITSELF),
        null,
        e);
  }

  private Problem unreachable(AcmeNetworkException e) {
    return Problem.of(
        "ca-unreachable", "The CA cannot be reached", host + ": " + why(e) + BY_ITSELF);
  }

  /** The reason of a network error, and a hint about the remedy. */
  private static String why(AcmeNetworkException e) {
    Throwable root = e;
    while (root.getCause() != null && !(root.getCause() instanceof ClosedChannelException)) {
      root = root.getCause(); // down to a cause with a message
    }
    String message = Objects.requireNonNullElse(root.getMessage(), "no answer");
    return switch (root) {
      case UnresolvedAddressException _ ->
          "its name has no address; check --ca, and this machine's name servers";
      case ConnectException _ -> "it accepts no connection" + CONNECT;
      case HttpTimeoutException _ -> message + CONNECT;
      default ->
          causes(e).anyMatch(SSLException.class::isInstance)
              ? "no TLS with it, " + message + "; check that --ca-trust has its root certificate"
              : "the connection broke, " + message + CONNECT;
    };
  }

  private static Stream<Throwable> causes(Throwable failure) {
    return Stream.iterate(failure, Objects::nonNull, Throwable::getCause);
  }

  /** The problem with the addresses of its documentation, unless it contains them. */
  private static Problem documented(Problem problem, String addresses) {
    String detail = Objects.requireNonNullElse(problem.detail(), problem.title());
    return addresses.isEmpty() || detail.contains(addresses)
        ? problem
        : new Problem(
            problem.type(), problem.title(), problem.status(), detail + ": see " + addresses);
  }

  static Problem problem(org.shredzone.acme4j.Problem from) {
    StringBuilder detail = new StringBuilder(from.getDetail().orElse(""));
    for (org.shredzone.acme4j.Problem part : from.getSubProblems()) {
      detail.append(detail.isEmpty() ? "" : "; ");
      part.getIdentifier().ifPresent(name -> detail.append(name.getDomain()).append(": "));
      detail.append(part.getDetail().orElse(String.valueOf(part.getType())));
    }
    return new Problem(
        String.valueOf(from.getType()),
        from.getTitle().orElse("The CA refused"),
        from.asJSON().get("status").map(value -> value.asInt()).orElse(0),
        detail.isEmpty() ? null : detail.toString());
  }
}
