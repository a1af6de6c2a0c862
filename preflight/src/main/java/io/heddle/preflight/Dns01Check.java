package io.heddle.preflight;

import io.heddle.preflight.Authority.View;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.Name;
import org.xbill.DNS.NameTooLongException;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.Type;

/**
 * dns-01 (RFC 8555, section 8.4). A CA asks a resolver for a TXT record, once. Therefore all name
 * servers of the zone must have the record, because the CA's resolver may ask any of them, and data
 * cached by resolvers must have expired. The name servers are asked first. The check asks its own
 * resolvers only when all name servers have the record, because a resolver would cache a negative
 * answer.
 */
public final class Dns01Check implements ChallengeCheck {
  /** How much of a wrong record is shown; a CA shows as much. */
  private static final int MAX_SHOWN = 100;

  private static final int MANY_RECORDS = 20;
  private static final int MANY_BYTES = 1232;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Resolver resolver;
  private final Authority authority;
  private final Servers servers;

  /** Which servers to ask. */
  public enum Servers {
    /** All name servers of the zone and then the resolvers: the most reliable. */
    AUTHORITATIVE_AND_RECURSIVE,

    /** Only the resolvers, if no other name server can be reached, or with split-horizon DNS. */
    RECURSIVE_ONLY
  }

  /**
   * Makes a check.
   *
   * @param resolver the recursive servers, which stand in for the CA's
   */
  public Dns01Check(Resolver resolver, Servers servers) {
    this.resolver = resolver;
    this.authority = new Authority(resolver);
    this.servers = servers;
  }

  @Override
  public CheckResult check(PreflightChallenge challenge, Trace trace) throws InterruptedException {
    try {
      Name name = Resolver.name("_acme-challenge." + challenge.host());
      String expected = challenge.recordValue();
      if (servers == Servers.AUTHORITATIVE_AND_RECURSIVE) {
        authoritative(name, expected, trace);
      }
      return recursive(name, expected, trace);
    } catch (NotReadyException e) {
      return e.outcome();
    }
  }

  /** Passes if all name servers that answer have the record, or if none answers. */
  private void authoritative(Name name, String expected, Trace trace)
      throws NotReadyException, InterruptedException {
    Authority.Finding finding = authority.find(name, trace);
    List<Name> having = new ArrayList<>();
    List<Name> lacking = new ArrayList<>();
    List<String> wrong = new ArrayList<>();
    for (View view : finding.views()) {
      switch (view) {
        case View.Texts(var server, var texts) -> {
          (texts.contains(expected) ? having : lacking).add(server);
          wrong.addAll(texts);
        }
        case View.Silence(var server, var reason) ->
            trace.warn("name server %s does not answer: %s".formatted(Answer.text(server), reason));
        case View.Alias(var server, _) -> lacking.add(server);
        case View.Delegation(var server, _) -> lacking.add(server);
      }
    }
    if (having.isEmpty() && lacking.isEmpty()) {
      trace.warn("no name server of the zone answers; only resolvers were asked");
      return;
    }
    if (having.isEmpty()) {
      checkDoubled(name, finding.zone(), expected, trace);
      throw new NotReadyException(missing(finding.name(), wrong, ""));
    }
    if (!lacking.isEmpty()) {
      String detail =
          "only %d of %d name servers of %s have the record; it is missing at %s"
              .formatted(
                  having.size(),
                  having.size() + lacking.size(),
                  Answer.text(finding.zone().apex()),
                  Authority.texts(lacking));
      throw new NotReadyException(CheckResult.notYet(ProblemType.UNAUTHORIZED, detail));
    }
    trace.note("all name servers that answer have the record");
  }

  /** Asks as the CA does; none of the resolvers may have cached other data. */
  private CheckResult recursive(Name name, String expected, Trace trace)
      throws NotReadyException, InterruptedException {
    for (Answer answer : resolver.askEach(name, Type.TXT, trace)) {
      if (answer.hasLoop()) {
        return CheckResult.willFail(ProblemType.DNS, "CNAME loop at " + Answer.text(name));
      }
      if (!answer.isOk()) {
        return CheckResult.notYet(
            ProblemType.DNS, Resolver.problem(answer, Type.TXT, name) + remembered(answer));
      }
      List<String> texts = answer.texts();
      if (texts.size() > MANY_RECORDS || answer.bytes() > MANY_BYTES) {
        trace.warn(
            "%d TXT records, %d bytes: remove old ones, CAs refuse answers that are too large"
                .formatted(texts.size(), answer.bytes()));
      }
      if (!texts.contains(expected)) {
        return missing(name, texts, remembered(answer));
      }
    }
    return CheckResult.ready("the record is at " + Answer.text(name));
  }

  private static CheckResult missing(Name name, List<String> texts, String hint) {
    if (texts.isEmpty()) {
      return CheckResult.notYet(
          ProblemType.UNAUTHORIZED, "No TXT record found at " + Answer.text(name) + hint);
    }
    String first = texts.getFirst();
    String shown = first.length() > MAX_SHOWN ? first.substring(0, MAX_SHOWN) + "..." : first;
    long more = texts.stream().distinct().count() - 1;
    return CheckResult.notYet(
        ProblemType.UNAUTHORIZED,
        "Incorrect TXT record \"%s\"%s found at %s%s"
            .formatted(
                Trace.printable(shown),
                more == 0 ? "" : " (and " + more + " more)",
                Answer.text(name),
                hint));
  }

  /** How long a resolver may cache a negative answer (RFC 2308). */
  private static String remembered(Answer answer) {
    SOARecord soa = answer.authority();
    if (soa == null) {
      return "";
    }
    long seconds = Math.min(soa.getTTL(), soa.getMinimum());
    return "; resolvers may remember that for " + Duration.ofSeconds(seconds).toMinutes() + " min";
  }

  /**
   * Many people enter a full name where the provider appends the zone's name. A lookup of a random
   * name distinguishes this mistake from a wildcard record.
   */
  private void checkDoubled(Name name, Zones.Zone zone, String expected, Trace trace)
      throws NotReadyException, InterruptedException {
    Name doubled = below(name, zone.apex());
    byte[] random = new byte[8];
    RANDOM.nextBytes(random);
    Name control = below(Resolver.name("_" + HexFormat.of().formatHex(random)), zone.apex());
    if (doubled != null
        && control != null
        && has(doubled, expected, trace)
        && !has(control, expected, trace)) {
      throw new NotReadyException(
          CheckResult.willFail(
              ProblemType.UNAUTHORIZED,
              "the record is at %s, where the zone's name is there twice: create it as %s"
                  .formatted(Answer.text(doubled), name.relativize(zone.apex()))));
    }
  }

  private static @Nullable Name below(Name name, Name zone) {
    try {
      return Name.concatenate(name.relativize(Name.root), zone);
    } catch (NameTooLongException e) {
      return null;
    }
  }

  private boolean has(Name name, String expected, Trace trace)
      throws NotReadyException, InterruptedException {
    Answer answer = resolver.ask(name, Type.TXT, trace);
    return answer.isOk() && answer.texts().contains(expected);
  }
}
