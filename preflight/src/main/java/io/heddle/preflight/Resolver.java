package io.heddle.preflight;

import io.heddle.Context;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.ResolverConfig;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/**
 * Recursive name servers, whose answers are closest to those of a CA's resolver. The next server is
 * asked when one does not answer or fails. Nothing is cached here.
 */
public final class Resolver {
  private final DnsClient client;
  private final List<NameServer> servers;

  /**
   * Makes a resolver.
   *
   * @param servers the recursive servers in the order in which they are asked; they are trusted, so
   *     they may have any address
   * @param timeout how long one server may take
   * @throws IllegalArgumentException if there are no servers, or one has no address
   */
  public Resolver(Network network, List<InetSocketAddress> servers, Duration timeout) {
    if (servers.isEmpty()) {
      throw new IllegalArgumentException("there is no name server to ask");
    }
    servers.stream()
        .filter(InetSocketAddress::isUnresolved)
        .findAny()
        .ifPresent(server -> {
          throw new IllegalArgumentException(server + " is not an address of a name server");
        });
    this.client = new DnsClient(network, timeout);
    this.servers = servers.stream().map(NameServer::resolver).toList();
  }

  /** The servers in this machine's configuration. */
  public static List<InetSocketAddress> systemServers() {
    return ResolverConfig.getCurrentConfig().servers();
  }

  DnsClient client() {
    return client;
  }

  Network network() {
    return client.network();
  }

  /** Looks up records; returns the answer whatever its status. */
  Answer ask(Name name, int type, Trace trace) throws NotReadyException, InterruptedException {
    Answer last = null;
    IOException failure = null;
    for (NameServer server : servers) {
      try {
        last = client.ask(server, name, type, true, trace);
        if (last.rcode() != Rcode.SERVFAIL && last.rcode() != Rcode.REFUSED) {
          return last;
        }
      } catch (IOException e) {
        failure = e;
      }
    }
    if (last != null) {
      return last;
    }
    throw silent(name, type, failure);
  }

  /** Asks all servers at the same time. */
  List<Answer> askEach(Name name, int type, Trace trace)
      throws NotReadyException, InterruptedException {
    List<Callable<Optional<Answer>>> questions = new ArrayList<>();
    for (NameServer server : servers) {
      questions.add(() -> {
        try {
          return Optional.of(client.ask(server, name, type, true, trace));
        } catch (IOException e) {
          trace.warn("resolver " + server + " does not answer: " + Network.reason(e));
          return Optional.empty();
        }
      });
    }
    List<Answer> answers =
        Together.all(Context.background(), questions).stream().flatMap(Optional::stream).toList();
    if (answers.isEmpty()) {
      throw silent(name, type, null);
    }
    return answers;
  }

  /**
   * Tests whether any name can be looked up, with a query for the root zone. Only SERVFAIL and
   * silence indicate an outage: a server may be configured to refuse this query.
   *
   * @return null if a server answers, otherwise the problem
   */
  @Nullable String outage(Trace trace) throws InterruptedException {
    try {
      boolean isCutOff =
          askEach(Name.root, Type.NS, trace).stream()
              .allMatch(answer -> answer.rcode() == Rcode.SERVFAIL);
      return isCutOff ? "no resolver can look up the root zone (SERVFAIL)" : null;
    } catch (NotReadyException e) {
      return e.outcome().detail();
    }
  }

  private static NotReadyException silent(Name name, int type, @Nullable IOException failure) {
    String question = Type.string(type) + " " + Answer.text(name);
    String reason = failure == null ? "" : " (" + Network.reason(failure) + ")";
    return new NotReadyException(
        CheckResult.unknown(ProblemType.DNS, "no resolver answers " + question + reason), failure);
  }

  /** A CA's message about a negative answer or an error. */
  static String problem(Answer answer, int type, Name name) {
    String what = Type.string(type);
    String hint =
        answer.isNoName() && (type == Type.A || type == Type.AAAA)
            ? " - check that a DNS record exists for this domain"
            : "";
    return "DNS problem: %s looking up %s for %s%s"
        .formatted(answer.status(), what, Answer.text(name), hint);
  }

  static Name name(String host) throws NotReadyException {
    try {
      return Name.fromString(host.toLowerCase(Locale.ROOT) + ".");
    } catch (TextParseException e) {
      throw new NotReadyException(
          CheckResult.willFail(
              ProblemType.MALFORMED, "'" + Trace.printable(host) + "' is not a name"),
          e);
    }
  }
}
