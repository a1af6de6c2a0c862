package io.heddle.orders.check;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.ResolverConfig;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/**
 * Recursive name servers: the nearest to what a CA's resolver sees. The next one is asked when one
 * is silent or fails. Nothing is cached here.
 */
public final class Resolver {
  private final DnsClient client;
  private final List<NameServer> servers;

  /**
   * Makes a resolver.
   *
   * @param network the way out
   * @param servers the recursive servers, the first is asked first; they are trusted, so they may
   *     have any address
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
          throw new IllegalArgumentException(server + " is no address of a name server");
        });
    this.client = new DnsClient(network, timeout);
    this.servers = servers.stream().map(NameServer::resolver).toList();
  }

  /**
   * The servers that this machine is set up to use.
   *
   * @return their addresses
   */
  public static List<InetSocketAddress> systemServers() {
    return ResolverConfig.getCurrentConfig().servers();
  }

  DnsClient client() {
    return client;
  }

  Network network() {
    return client.network();
  }

  /**
   * Asks for records.
   *
   * @return the answer, whatever its status
   * @throws NotReadyException if no server answers
   */
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
    throw new NotReadyException(
        Outcome.unknown(
            Problem.DNS,
            "no name server answers %s %s (%s)"
                .formatted(
                    Type.string(type),
                    Answer.text(name),
                    failure == null ? "none" : failure.getMessage())),
        failure);
  }

  /** What a CA says about an answer that is no answer. */
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
          Outcome.willFail(Problem.MALFORMED, "'" + Trace.printable(host) + "' is no name"), e);
    }
  }
}
