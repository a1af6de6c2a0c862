package io.heddle.preflight;

import io.heddle.Context;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.CAARecord;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Type;

/**
 * Certification authority authorization (RFC 8659 and 8657): do the domain's CAA records allow this
 * CA to issue for it, for this account and with this type of challenge? Challenges of every type
 * must pass this check, too.
 */
public final class CaaCheck implements ChallengeCheck {
  /** 128 is the critical bit. Many records use 1 by mistake, which Let's Encrypt accepts, too. */
  private static final int CRITICAL = 128 | 1;

  private final Resolver resolver;
  private final Issuer issuer;

  /** Makes a check. */
  public CaaCheck(Resolver resolver, Issuer issuer) {
    this.resolver = resolver;
    this.issuer = issuer;
  }

  /** The records at one name, or the reason why they could not be retrieved. */
  private record Found(Name name, List<CAARecord> records, @Nullable CheckResult failure) {}

  @Override
  public CheckResult check(PreflightChallenge challenge, Trace trace) throws InterruptedException {
    try {
      for (Found found : lookUp(Resolver.name(challenge.host()), trace)) {
        if (found.failure() != null) {
          return found.failure(); // it may hide records
        }
        if (!found.records().isEmpty()) {
          return judge(found, challenge, trace);
        }
      }
      return CheckResult.ready("no CAA record restricts who may issue");
    } catch (NotReadyException e) {
      return e.outcome();
    } catch (IOException e) {
      return CheckResult.unknown(
          ProblemType.SERVER_INTERNAL,
          "there are CAA records, and the CA cannot be asked what they call it: " + e.getMessage());
    }
  }

  /** Looks up the name and all names above it at the same time; the name comes first. */
  private List<Found> lookUp(Name name, Trace trace)
      throws NotReadyException, InterruptedException {
    List<Callable<Found>> lookups = new ArrayList<>();
    for (int i = 0; i < name.labels() - 1; i++) {
      Name at = new Name(name, i);
      lookups.add(() -> find(at, trace));
    }
    return Together.all(Context.background(), lookups);
  }

  private Found find(Name name, Trace trace) throws InterruptedException {
    try {
      Answer answer = resolver.ask(name, Type.CAA, trace);
      boolean isTop = name.labels() == 2;
      if (answer.isTruncated()) {
        return failed(name, "truncated answer looking up CAA for " + Answer.text(name));
      }
      if (!answer.isOk() && (isTop || !answer.isNoName())) {
        return failed(name, Resolver.problem(answer, Type.CAA, name));
      }
      List<CAARecord> records = new ArrayList<>();
      for (Record record : answer.records(Type.CAA)) {
        if (record instanceof CAARecord caa) {
          records.add(caa);
        }
      }
      return new Found(name, records, null);
    } catch (NotReadyException e) {
      return new Found(name, List.of(), e.outcome());
    }
  }

  private static Found failed(Name name, String detail) {
    return new Found(name, List.of(), CheckResult.notYet(ProblemType.DNS, detail));
  }

  private CheckResult judge(Found found, PreflightChallenge challenge, Trace trace)
      throws IOException, InterruptedException {
    String where = Answer.text(found.name());
    Set<String> issuers = issuer.names(challenge);
    if (issuers.isEmpty()) {
      return CheckResult.ready("the CA does not say that it heeds CAA records");
    }
    List<CAARecord> issue = new ArrayList<>();
    List<CAARecord> issueWild = new ArrayList<>();
    for (CAARecord record : found.records()) {
      switch (record.getTag().toLowerCase(Locale.ROOT)) {
        case "issue" -> issue.add(record);
        case "issuewild" -> issueWild.add(record);
        case "iodef", "issuemail", "issuevmc" -> {}
        default -> {
          if ((record.getFlags() & CRITICAL) != 0) {
            return forbidden(where, "it has an unknown critical property", record);
          }
        }
      }
    }
    List<CAARecord> relevant = challenge.isWildcard() && !issueWild.isEmpty() ? issueWild : issue;
    if (relevant.isEmpty()) {
      return CheckResult.ready("no CAA record of " + where + " is about this");
    }
    String reason = "none names " + String.join(" or ", issuers);
    for (CAARecord record : relevant) {
      Refusal refusal = refusal(record, challenge, trace);
      if (refusal == null) {
        return CheckResult.ready("a CAA record of " + where + " allows it: " + record.getValue());
      }
      if (refusal.isForUs()) {
        reason = refusal.reason();
      }
    }
    return forbidden(where, reason, relevant.getFirst());
  }

  private static CheckResult forbidden(String where, String reason, CAARecord record) {
    return CheckResult.willFail(
        ProblemType.CAA,
        "CAA record for %s prevents issuance: %s (%s)"
            .formatted(where, reason, Trace.printable(record.rdataToString())));
  }

  /** Why a record does not allow the certificate. */
  private record Refusal(boolean isForUs, String reason) {}

  private @Nullable Refusal refusal(CAARecord record, PreflightChallenge challenge, Trace trace)
      throws IOException, InterruptedException {
    CaaValue value;
    try {
      value = CaaValue.parse(record.getValue());
    } catch (IllegalArgumentException e) {
      return new Refusal(false, String.valueOf(e.getMessage()));
    }
    if (!issuer.names(challenge).contains(value.issuer())) {
      return new Refusal(false, "it is for another CA");
    }
    List<String> accounts = value.all("accounturi");
    if (accounts.size() > 1) {
      return new Refusal(true, "it has more than one accounturi");
    }
    String account = accounts.isEmpty() ? null : issuer.account(challenge);
    if (accounts.size() == 1 && account == null) {
      trace.warn("CAA allows one account only, which was not checked: " + accounts.getFirst());
    } else if (accounts.size() == 1 && !accounts.getFirst().equals(account)) {
      return new Refusal(true, "it is for another account, " + accounts.getFirst());
    }
    List<String> methods = value.all("validationmethods");
    if (methods.size() > 1) {
      return new Refusal(true, "it has more than one validationmethods");
    }
    if (methods.size() == 1 && !CaaValue.hasMethod(methods.getFirst(), challenge.type())) {
      return new Refusal(true, "it allows " + methods.getFirst() + " and not " + challenge.type());
    }
    return null;
  }
}
