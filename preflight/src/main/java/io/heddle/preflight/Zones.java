package io.heddle.preflight;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.NSRecord;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.Type;

/** Finds the name servers that are responsible for a name. */
final class Zones {
  private static final int MAX_SERVERS = 16;

  /** The number of labels of a domain directly below a top-level domain, including the root's. */
  private static final int DOMAIN = 3;

  private final Resolver resolver;

  Zones(Resolver resolver) {
    this.resolver = resolver;
  }

  /**
   * A zone.
   *
   * @param servers the names of its servers
   */
  record Zone(Name apex, List<Name> servers) {}

  /**
   * The zone that contains a name, found by climbing up from the name's parent. The name itself is
   * not looked up, so that the resolver does not cache that it does not exist; if it is a zone of
   * its own, the servers delegate it. For a name directly below a top-level domain, only the
   * top-level domain's servers would remain, which should not be burdened; in this case the climb
   * begins with the name itself.
   */
  Zone above(Name name, Trace trace) throws NotReadyException, InterruptedException {
    Name start = name.labels() > DOMAIN ? new Name(name, 1) : name;
    for (Name at = start; at.labels() >= DOMAIN; at = new Name(at, 1)) {
      Answer answer = resolver.ask(at, Type.SOA, trace);
      if (!answer.isOk() && !answer.isNoName()) {
        throw problem(answer, Type.SOA, at);
      }
      Name apex = apex(at, answer);
      if (apex != null && apex.labels() >= DOMAIN) {
        return new Zone(apex, servers(apex, trace));
      }
    }
    throw new NotReadyException(
        CheckResult.notYet(
            ProblemType.DNS,
            "no zone found for %s below a top-level domain: is the domain registered?"
                .formatted(Answer.text(start))));
  }

  /** The apex of the zone, from the answer to an SOA question; null if the climb must continue. */
  private static @Nullable Name apex(Name at, Answer answer) {
    if (answer.chain().size() > 1) {
      return null; // the zone would be that of the alias's target
    }
    if (!answer.records(Type.SOA).isEmpty()) {
      return at;
    }
    SOARecord authority = answer.authority();
    return authority == null ? null : authority.getName();
  }

  private List<Name> servers(Name apex, Trace trace)
      throws NotReadyException, InterruptedException {
    Answer answer = resolver.ask(apex, Type.NS, trace);
    if (!answer.isOk()) {
      throw problem(answer, Type.NS, apex);
    }
    List<Name> servers = targets(answer.records(Type.NS));
    if (servers.isEmpty()) {
      throw new NotReadyException(
          CheckResult.notYet(
              ProblemType.DNS, "the zone " + Answer.text(apex) + " has no name servers"));
    }
    return servers;
  }

  static List<Name> targets(List<Record> records) {
    return records.stream()
        .filter(NSRecord.class::isInstance)
        .map(record -> ((NSRecord) record).getTarget())
        .distinct()
        .limit(MAX_SERVERS)
        .toList();
  }

  private static NotReadyException problem(Answer answer, int type, Name name) {
    return new NotReadyException(
        CheckResult.notYet(ProblemType.DNS, Resolver.problem(answer, type, name)));
  }
}
