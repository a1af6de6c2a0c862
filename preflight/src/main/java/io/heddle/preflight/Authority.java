package io.heddle.preflight;

import static java.util.stream.Collectors.joining;

import io.heddle.Context;
import io.heddle.Race;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.Name;
import org.xbill.DNS.Type;

/**
 * Asks all name servers of a zone for the TXT records of a name, and follows aliases and
 * delegations from zone to zone. Resolvers will see these servers' answers sooner or later.
 */
final class Authority {
  private static final int MAX_ALIASES = 16;
  private static final int MAX_DELEGATIONS = 4;
  private static final int MAX_ADDRESSES = 4;

  private final Resolver resolver;
  private final Zones zones;

  Authority(Resolver resolver) {
    this.resolver = resolver;
    this.zones = new Zones(resolver);
  }

  /** The answer of a name server. */
  sealed interface View {
    Name server();

    /** The texts of the records; empty if there is no such record. */
    record Texts(Name server, List<String> texts) implements View {}

    record Alias(Name server, Name target) implements View {}

    record Delegation(Name server, Zones.Zone zone) implements View {}

    /** No answer: the server cannot be reached, or does not know the zone. */
    record Silence(Name server, String reason) implements View {}
  }

  /**
   * The answers of the servers at the end of all aliases.
   *
   * @param views one for each server
   */
  record Finding(Name name, Zones.Zone zone, List<View> views) {}

  Finding find(Name name, Trace trace) throws NotReadyException, InterruptedException {
    Set<Name> names = new HashSet<>();
    Name at = name;
    while (true) {
      if (!names.add(at)) {
        throw new NotReadyException(
            CheckResult.willFail(ProblemType.DNS, "CNAME loop at " + text(at)));
      }
      if (names.size() > MAX_ALIASES) {
        throw new NotReadyException(
            CheckResult.willFail(
                ProblemType.DNS, "more than " + MAX_ALIASES + " CNAMEs from " + text(name)));
      }
      Finding finding = ask(at, trace);
      Name target = target(finding);
      if (target == null) {
        return finding;
      }
      trace.note(text(at) + " is an alias of " + text(target));
      at = target;
    }
  }

  /** Asks the servers of the zone, or of the zone that they delegate the name to. */
  private Finding ask(Name name, Trace trace) throws NotReadyException, InterruptedException {
    Zones.Zone zone = zones.above(name, trace);
    for (int depth = 0; ; depth++) {
      List<View> views = ask(name, zone, trace);
      Zones.Zone below = delegated(views);
      if (below == null || depth == MAX_DELEGATIONS) {
        return new Finding(name, zone, views);
      }
      trace.note("%s is delegated to %s".formatted(text(below.apex()), texts(below.servers())));
      zone = below;
    }
  }

  private List<View> ask(Name name, Zones.Zone zone, Trace trace)
      throws NotReadyException, InterruptedException {
    List<Callable<View>> questions = new ArrayList<>();
    for (Name server : zone.servers()) {
      questions.add(() -> ask(name, zone, server, trace));
    }
    return Together.all(Context.background(), questions);
  }

  /** Asks all addresses of a server at the same time: one answer is enough. */
  private View ask(Name name, Zones.Zone zone, Name server, Trace trace)
      throws InterruptedException {
    try {
      List<Callable<View>> questions = new ArrayList<>();
      for (InetAddress address : HostAddresses.find(resolver, text(server), trace)) {
        if (questions.size() < MAX_ADDRESSES) {
          questions.add(() -> ask(name, zone, server, address, trace));
        }
      }
      return Race.race(Context.background(), questions);
    } catch (NotReadyException e) {
      return new View.Silence(server, String.valueOf(e.getMessage()));
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      return new View.Silence(server, cause == null ? "no answer" : "" + cause.getMessage());
    }
  }

  private View ask(Name name, Zones.Zone zone, Name server, InetAddress address, Trace trace)
      throws IOException, InterruptedException {
    int port = resolver.network().ports().dns();
    NameServer at = new NameServer(text(server), new InetSocketAddress(address, port), false);
    Answer answer = resolver.client().ask(at, name, Type.TXT, false, trace);
    if (!answer.isOk() && !answer.isNoName()) {
      throw new IOException(at + " says " + answer.status());
    }
    Zones.Zone below = answer.delegation();
    if (below != null && below.apex().subdomain(zone.apex()) && !below.apex().equals(zone.apex())) {
      return new View.Delegation(server, below);
    }
    if (!answer.isAuthoritative()) {
      throw new IOException(at + " is not responsible for " + text(zone.apex()));
    }
    // An alias is followed to the servers of its own zone: this server's data may be out of date.
    return answer.chain().size() == 1
        ? new View.Texts(server, answer.texts())
        : new View.Alias(server, answer.chain().get(1));
  }

  private static Zones.@Nullable Zone delegated(List<View> views) {
    for (View view : views) {
      if (view instanceof View.Delegation(_, var zone)) {
        return zone;
      }
    }
    return null;
  }

  /** The target of the name's alias, if any server has one: the others will have it, too. */
  private static @Nullable Name target(Finding finding) throws NotReadyException {
    Set<Name> targets = new TreeSet<>();
    List<Name> without = new ArrayList<>();
    for (View view : finding.views()) {
      switch (view) {
        case View.Alias(_, var target) -> targets.add(target);
        case View.Texts(var server, _) -> without.add(server);
        case View.Delegation(var server, _) -> without.add(server);
        case View.Silence _ -> {}
      }
    }
    if (targets.isEmpty()) {
      return null;
    }
    if (targets.size() > 1 || !without.isEmpty()) {
      throw new NotReadyException(
          CheckResult.notYet(
              ProblemType.DNS,
              "the name servers of %s do not agree where %s leads: to %s%s"
                  .formatted(
                      text(finding.zone().apex()),
                      text(finding.name()),
                      texts(targets),
                      without.isEmpty() ? "" : ", and nowhere at " + texts(without))));
    }
    return targets.iterator().next();
  }

  private static String text(Name name) {
    return Answer.text(name);
  }

  static String texts(Collection<Name> names) {
    return names.stream().map(Answer::text).collect(joining(", "));
  }
}
