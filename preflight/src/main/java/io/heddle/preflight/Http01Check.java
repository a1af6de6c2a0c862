package io.heddle.preflight;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.Go;
import io.heddle.preflight.HttpGet.LimitException;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.jspecify.annotations.Nullable;

/**
 * http-01 (RFC 8555, section 8.3) by Let's Encrypt's rules. The check begins on port 80, whatever
 * the server prefers. It tries the first IPv6 address, and then the first IPv4 address if it cannot
 * connect to the IPv6 address. It follows redirects to ports 80 and 443 only, and does not verify
 * certificates. It expects status 200 and the key authorization, followed by white space at most.
 *
 * <p>In one respect the check is more lenient: at a redirect, too, it continues with IPv4 if it
 * cannot connect by IPv6. It warns in this case, because CAs differ there.
 */
public final class Http01Check implements ChallengeCheck {
  private static final String PATH = "/.well-known/acme-challenge/";

  /** One byte more than a CA accepts. */
  private static final int MAX_BODY = 128;

  private static final Pattern WHITE_SPACE_AT_END =
      Pattern.compile("\\s+$", Pattern.UNICODE_CHARACTER_CLASS);

  private final Resolver resolver;
  private final Network network;
  private final Redirects redirects;
  private final Duration timeout;

  /**
   * Makes a check.
   *
   * @param resolver finds addresses, and has the network to connect to them
   * @param timeout the time limit for a challenge
   */
  public Http01Check(Resolver resolver, Duration timeout) {
    this.resolver = resolver;
    this.network = resolver.network();
    this.redirects = new Redirects(resolver);
    this.timeout = timeout;
  }

  @Override
  public CheckResult check(PreflightChallenge challenge, Trace trace) throws InterruptedException {
    if (challenge.isWildcard()) {
      return CheckResult.willFail(
          ProblemType.MALFORMED, "http-01 cannot be used for a wildcard; use dns-01");
    }
    try {
      return fetch(challenge, trace.time().deadline(timeout), trace);
    } catch (NotReadyException e) {
      return e.outcome();
    }
  }

  private CheckResult fetch(PreflightChallenge challenge, long deadline, Trace trace)
      throws NotReadyException, InterruptedException {
    List<Url> visited = new ArrayList<>();
    visited.add(Url.http(challenge.host(), PATH + challenge.token()));
    while (true) {
      Url url = visited.getLast();
      Fetched fetched = get(url, visited.size() - 1, deadline, trace);
      HttpGet.Response response = fetched.response();
      String location = response.location();
      if (!Redirects.isRedirect(response.status()) || location == null) {
        return outcome(challenge, url, fetched);
      }
      visited.add(redirects.follow(visited, response.status(), location, trace));
    }
  }

  private record Fetched(String address, HttpGet.Response response) {}

  private Fetched get(Url url, int hop, long deadline, Trace trace)
      throws NotReadyException, InterruptedException {
    boolean isAddress = Redirects.isAddress(url.host());
    List<InetAddress> addresses =
        isAddress
            ? List.of(Redirects.address(url.host()))
            : HostAddresses.toTry(resolver, url.host(), trace);
    String warning = hop == 0 ? "" : "; at a redirect not every CA does that";
    try (Network.Connection connection =
        Dialer.dialFirst(network, url.host(), addresses, port(url), deadline, warning, trace)) {
      String address = connection.address();
      long began = Go.nanoTime();
      HttpGet.Response response = null;
      String failure = "interrupted";
      try {
        Socket socket = connection.socket();
        if (url.scheme().equals("https")) {
          String name = isAddress ? "" : url.host();
          socket = Handshakes.secured(connection, name, List.of(), deadline, trace);
          began = Go.nanoTime();
        }
        response = exchange(socket, url, trace.time().until(deadline));
        failure = null;
        return new Fetched(address, response);
      } catch (IOException e) {
        CheckResult outcome = outcome(url, address, e);
        failure = outcome.detail();
        throw new NotReadyException(outcome, e);
      } finally {
        trace.add(step(url, address, hop, response, failure), began);
      }
    }
  }

  private int port(Url url) {
    boolean isPlain = url.port() < 0 ? url.scheme().equals("http") : url.port() == 80;
    return isPlain ? network.ports().http() : network.ports().https();
  }

  private static HttpGet.Response exchange(Socket socket, Url url, Duration left)
      throws IOException, InterruptedException {
    return Deadline.call(
        left,
        "Timeout after connect (your server may be slow or overloaded)",
        () -> HttpGet.send(socket, url.authority(), url.target(), MAX_BODY));
  }

  private static TraceStep step(
      Url url,
      String address,
      int hop,
      HttpGet.@Nullable Response response,
      @Nullable String failure) {
    String location = response == null ? null : response.location();
    return new TraceStep.Response(
        url.toString(),
        address,
        hop,
        response == null ? 0 : response.status(),
        location == null ? null : Trace.printable(location),
        response == null ? 0 : response.body().length,
        failure);
  }

  private static CheckResult outcome(Url url, String address, IOException e) {
    String fetching = address + ": Fetching " + url + ": ";
    return switch (e) {
      case LimitException _ ->
          CheckResult.unknown(
              ProblemType.CONNECTION, fetching + e.getMessage() + ", not read further");
      case SocketTimeoutException _ ->
          CheckResult.notYet(ProblemType.CONNECTION, fetching + e.getMessage());
      case SSLException _ -> CheckResult.notYet(ProblemType.TLS, fetching + Handshakes.failure(e));
      case ConnectionClosedException _, EOFException _ ->
          CheckResult.notYet(ProblemType.CONNECTION, fetching + "the server closed the connection");
      default ->
          CheckResult.notYet(ProblemType.CONNECTION, fetching + Trace.printable(Network.reason(e)));
    };
  }

  private static CheckResult outcome(PreflightChallenge challenge, Url url, Fetched fetched) {
    HttpGet.Response response = fetched.response();
    if (response.status() != 200) {
      return unauthorized(fetched, "Invalid response from " + url + ": " + response.status());
    }
    String body = new String(response.body(), UTF_8);
    if (response.body().length >= MAX_BODY) {
      return unauthorized(
          fetched,
          "Invalid response from %s: more than %d bytes%s"
              .formatted(url, MAX_BODY - 1, quoted(", ", challenge, url, body)));
    }
    String answer = WHITE_SPACE_AT_END.matcher(body).replaceFirst("");
    if (!answer.equals(challenge.keyAuthorization())) {
      return unauthorized(
          fetched,
          "The key authorization file from the server did not match this challenge. Expected \"%s\"%s"
              .formatted(challenge.keyAuthorization(), quoted(" got ", challenge, url, answer)));
    }
    return CheckResult.ready(url + " at " + fetched.address() + " has the key authorization");
  }

  /**
   * The server's answer, unless a redirect led to a path other than the challenge's. Otherwise a
   * stranger could use redirects to read pages that only this machine can reach.
   */
  private static String quoted(String before, PreflightChallenge challenge, Url url, String text) {
    return url.target().equals(PATH + challenge.token())
        ? before + "\"" + Trace.printable(text) + "\""
        : "; what a redirect led to is not shown";
  }

  private static CheckResult unauthorized(Fetched fetched, String detail) {
    return CheckResult.notYet(ProblemType.UNAUTHORIZED, fetched.address() + ": " + detail);
  }
}
