package io.heddle.preflight;

import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Go;
import io.heddle.Mutex;
import io.heddle.Race;
import io.heddle.preflight.OrderReport.AuthorizationReport;
import io.heddle.preflight.OrderReport.ChallengeReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Checks whole orders: all authorizations at the same time, and all challenges of each. The first
 * challenge of an authorization that is ready cancels the check of the others, and closes their
 * sockets. If none can become ready, the result is available at once, without waiting for the
 * time-out.
 *
 * <p>One preflight serves any number of goroutines; its {@link Network} limits the number of their
 * connections.
 *
 * {@snippet :
 * Network network = Network.open(Network.PER_ADDRESS);
 * Resolver resolver = new Resolver(network, Resolver.systemServers(), ofSeconds(5));
 * Preflight preflight =
 *     Preflight.standard(
 *         resolver,
 *         Dns01Check.Servers.AUTHORITATIVE_AND_RECURSIVE,
 *         new CaaCheck(resolver, Issuer.of(Set.of("letsencrypt.org"), null)),
 *         Limits.DEFAULT);
 * OrderReport report = preflight.check(context, authorizations);
 * }
 */
public final class Preflight {
  /** How long the result of a test of the lifeline is reused. */
  private static final Duration FRESH = Duration.ofSeconds(10);

  private final Map<String, ChallengeCheck> checks;
  private final List<ChallengeCheck> always;
  private final Limits limits;
  private final Lifeline lifeline;

  private final Mutex looking = new Mutex();

  // guarded by looking
  private @Nullable Look last;

  /** The result of a test of the lifeline. */
  private record Look(@Nullable String outage, long at) {}

  /** A service that all checks depend on, such as a resolver. */
  @FunctionalInterface
  public interface Lifeline {
    /**
     * Tests whether the service is available. Blocks for as long as a check may.
     *
     * @return null if it is available, otherwise the problem
     */
    @Nullable String outage(Trace trace) throws InterruptedException;
  }

  /**
   * Makes a preflight without a lifeline.
   *
   * @param checks the check for each type of challenge
   * @param always checks that every challenge must pass in addition, whatever its type
   */
  public Preflight(Map<String, ChallengeCheck> checks, List<ChallengeCheck> always, Limits limits) {
    this(checks, always, limits, _ -> null);
  }

  /**
   * Makes a preflight.
   *
   * @param checks the check for each type of challenge
   * @param always checks that every challenge must pass in addition, whatever its type
   * @param lifeline a service without which no check is conclusive
   */
  public Preflight(
      Map<String, ChallengeCheck> checks,
      List<ChallengeCheck> always,
      Limits limits,
      Lifeline lifeline) {
    this.checks = Map.copyOf(checks);
    this.always = List.copyOf(always);
    this.limits = limits;
    this.lifeline = lifeline;
  }

  /**
   * Makes a preflight with all available checks: http-01, dns-01 and tls-alpn-01.
   *
   * @param resolver the recursive name servers, and the network
   * @param servers the servers that dns-01 asks
   * @param caa an additional check for every challenge; null for a CA that ignores CAA records
   */
  public static Preflight standard(
      Resolver resolver, Dns01Check.Servers servers, @Nullable CaaCheck caa, Limits limits) {
    // As at a CA, a check ends a little before its caller's time limit, with a more exact reason.
    Duration margin = limits.check().dividedBy(100);
    Duration time = limits.check().minus(margin);
    return new Preflight(
        Map.of(
            PreflightChallenge.HTTP_01, new Http01Check(resolver, time),
            PreflightChallenge.DNS_01, new Dns01Check(resolver, servers),
            PreflightChallenge.TLS_ALPN_01, new TlsAlpn01Check(resolver, time)),
        caa == null ? List.of() : List.of(caa),
        limits,
        resolver::outage);
  }

  /**
   * Tests whether checks may have failed because of this machine or its resolvers, at most once in
   * ten seconds.
   *
   * @return null if there is no sign of that, otherwise the problem
   */
  public @Nullable String outage(Context context) throws InterruptedException {
    looking.lock(context);
    try (WorkTime time = WorkTime.limited(context, limits.check())) {
      Look known = last;
      if (known == null || Go.nanoTime() - known.at > FRESH.toNanos()) {
        known = new Look(lifeline.outage(new Trace(time)), Go.nanoTime());
        last = known;
      }
      return known.outage;
    } finally {
      looking.unlock();
    }
  }

  /**
   * Checks an order. Blocks until all authorizations have a verdict; then none of its goroutines
   * and sockets is left.
   *
   * @param authorizations the authorizations that must pass; those that the CA has granted already
   *     may be omitted
   * @return the report; READY if there are no authorizations
   * @throws ContextException if the context is done; exceeding the time limits is a report instead
   */
  public OrderReport check(Context context, List<PreflightAuthorization> authorizations)
      throws InterruptedException {
    context.check();
    long began = Go.nanoTime();
    List<AuthorizationReport> reports;
    try (WorkTime time = WorkTime.limited(context, limits.order())) {
      List<Callable<AuthorizationReport>> tasks = new ArrayList<>();
      for (PreflightAuthorization authorization : authorizations) {
        tasks.add(() -> authorize(time, authorization));
      }
      reports = Together.all(context, tasks);
    } catch (NotReadyException e) {
      throw new IllegalStateException(e); // an authorization has a report instead
    }
    context.check();
    Verdict verdict =
        reports.stream().map(AuthorizationReport::verdict).reduce(Verdict.READY, Verdict::and);
    return new OrderReport(verdict, reports, took(began));
  }

  private AuthorizationReport authorize(WorkTime order, PreflightAuthorization authorization)
      throws InterruptedException {
    long began = Go.nanoTime();
    List<Attempt> attempts = List.of();
    try (WorkTime time = order.part(order.context(), limits.authorization())) {
      attempts = authorization.challenges().stream().map(one -> new Attempt(one, time)).toList();
      if (!attempts.isEmpty()) {
        Race.race(time.context(), attempts);
      }
    } catch (ContextException | ExecutionException e) {
      // each attempt has recorded its result, if it has one
    } finally {
      attempts.forEach(attempt -> attempt.time.close());
    }
    Verdict verdict =
        attempts.stream().map(Attempt::verdict).reduce(Verdict::or).orElse(Verdict.UNKNOWN);
    List<ChallengeReport> reports =
        attempts.stream().map(attempt -> attempt.report(verdict)).toList();
    return new AuthorizationReport(authorization.domain(), verdict, reports, took(began));
  }

  private static Duration took(long began) {
    return Duration.ofNanos(Go.nanoTime() - began);
  }

  /** The check of one challenge, for a race: it fails if the challenge is not ready. */
  private final class Attempt implements Callable<CheckResult> {
    private final PreflightChallenge challenge;
    private final WorkTime time;
    private final Trace trace;
    private final long began = Go.nanoTime();
    private volatile Duration took = Duration.ZERO;
    private volatile @Nullable CheckResult outcome;

    Attempt(PreflightChallenge challenge, WorkTime authorization) {
      this.challenge = challenge;
      // The end of the authorization interrupts the attempt; this context ends it at its own limit.
      this.time = authorization.part(Context.background(), limits.check());
      this.trace = new Trace(time);
    }

    @Override
    public CheckResult call() throws NotReadyException, InterruptedException {
      try {
        CheckResult result = run();
        outcome = result;
        if (result.verdict() != Verdict.READY) {
          throw new NotReadyException(result);
        }
        return result;
      } finally {
        took = Preflight.took(began);
      }
    }

    private CheckResult run() throws InterruptedException {
      ChallengeCheck check = checks.get(challenge.type());
      if (check == null) {
        return CheckResult.unknown(
            ProblemType.UNSUPPORTED, "there is no check of " + challenge.type() + " challenges");
      }
      return inTime(check);
    }

    private CheckResult inTime(ChallengeCheck check) throws InterruptedException {
      try {
        List<Callable<CheckResult>> parts = new ArrayList<>();
        parts.add(() -> part(check));
        always.forEach(other -> parts.add(() -> part(other)));
        return Together.all(time.context(), parts).stream().reduce(CheckResult::and).orElseThrow();
      } catch (NotReadyException e) {
        return e.outcome();
      } catch (ContextException e) {
        return CheckResult.unknown(
            ProblemType.SERVER_INTERNAL,
            "no verdict after " + limits.check().toMillis() / 1000.0 + " s");
      }
    }

    /** Cancels the other parts if the result is final. */
    private CheckResult part(ChallengeCheck check) throws NotReadyException, InterruptedException {
      CheckResult result;
      try {
        result = check.check(challenge, trace);
      } catch (ContextException e) {
        throw e;
      } catch (RuntimeException e) { // a defect, which must not end the other checks
        return CheckResult.unknown(ProblemType.SERVER_INTERNAL, "the check itself failed: " + e);
      }
      if (result.verdict() == Verdict.WILL_FAIL) {
        throw new NotReadyException(result);
      }
      return result;
    }

    Verdict verdict() {
      CheckResult result = outcome;
      return result == null ? Verdict.UNKNOWN : result.verdict();
    }

    /** The report, given the authorization's verdict. */
    ChallengeReport report(Verdict whole) {
      CheckResult result = outcome;
      return new ChallengeReport(
          challenge.type(),
          result != null
              ? result
              : CheckResult.unknown(
                  ProblemType.SERVER_INTERNAL,
                  whole == Verdict.READY
                      ? "given up, as another challenge is ready"
                      : "no verdict in the time for the authorization or the order"),
          trace.entries(),
          took);
    }
  }
}
