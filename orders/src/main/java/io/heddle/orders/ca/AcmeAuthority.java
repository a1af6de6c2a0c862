package io.heddle.orders.ca;

import io.heddle.TaskGroup;
import io.heddle.orders.Authorization;
import io.heddle.orders.Challenge;
import io.heddle.orders.Problem;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLContext;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.Account;
import org.shredzone.acme4j.AccountBuilder;
import org.shredzone.acme4j.Login;
import org.shredzone.acme4j.OrderBuilder;
import org.shredzone.acme4j.RenewalInfo;
import org.shredzone.acme4j.RevocationReason;
import org.shredzone.acme4j.Session;
import org.shredzone.acme4j.Status;
import org.shredzone.acme4j.challenge.TokenChallenge;
import org.shredzone.acme4j.connector.Resource;
import org.shredzone.acme4j.exception.AcmeException;
import org.shredzone.acme4j.toolbox.JoseUtils;

/**
 * An account at a CA that supports ACME, by means of acme4j. Accounts at one CA share its
 * connections.
 *
 * <p>acme4j repeats a request whose nonce was rejected, up to ten times. An answer that is not
 * complete after half a minute counts as missing.
 */
public final class AcmeAuthority implements CertificateAuthority, AutoCloseable {
  private static final String UNAUTHORIZED = Problem.ACME + "unauthorized";
  private static final String NO_ACCOUNT = Problem.ACME + "accountDoesNotExist";

  /** Errors that concern the account and not the order, whatever the request was. */
  private static final Set<String> OF_ACCOUNT =
      Set.of(
          NO_ACCOUNT,
          Problem.ACME + "userActionRequired",
          Problem.ACME + "externalAccountRequired",
          Problem.ACME + "badPublicKey",
          Problem.ACME + "badSignatureAlgorithm");

  /** How many authorizations of a new order are fetched concurrently. */
  private static final int TOGETHER = 4;

  private final Connections connections;
  private final Failures failures;
  private final KeyPair key;
  private final Registration registration;
  private final Preferences preferences;

  /** The account's address at the CA, once it has been queried; the same for all. */
  private volatile @Nullable URL account;

  /**
   * The data for registering an account, if the CA has no account for the key.
   *
   * @param email the address for the CA's messages, or null
   * @param isAgreed whether the user agrees to the CA's terms of service
   * @param keyIdentifier for CAs that require an account elsewhere: its name, or null
   * @param macKey the key of that account, in base64url, or null
   */
  public record Registration(
      @Nullable String email,
      boolean isAgreed,
      @Nullable String keyIdentifier,
      @Nullable String macKey) {}

  /**
   * The limits on concurrent requests, for all accounts together.
   *
   * @param requests the highest number of concurrent requests
   * @param changes how many of them may place an order or deactivate an authorization
   */
  public record Load(int requests, int changes) {
    /** Checks that the limits permit a request. */
    public Load {
      if (requests < 1 || changes < 1) {
        throw new IllegalArgumentException("a CA is asked for " + requests + ", " + changes);
      }
    }

    /** Limits under which every request may be a change. */
    public static Load of(int requests) {
      return new Load(requests, requests);
    }

    /** Limits for Pebble, in which two concurrent changes can deadlock. */
    public static Load ofPebble(int requests) {
      return new Load(requests, 1);
    }
  }

  /**
   * Which certificates are ordered, of those that the CA offers.
   *
   * @param profile the CA's profile (draft-ietf-acme-profiles), null for the CA's default
   * @param chain the common name of the root, or of the topmost issuer, of the chain that is
   *     preferred if the CA has several; null for the CA's default
   */
  public record Preferences(@Nullable String profile, @Nullable String chain) {
    /** The CA's defaults. */
    public static final Preferences NONE = new Preferences(null, null);
  }

  /**
   * Makes a client. It does not connect yet.
   *
   * @param directory the CA's directory, such as {@code
   *     https://acme-v02.api.letsencrypt.org/directory}
   * @param tls the trusted certificates, null for those that the JDK trusts
   * @param registration the data for registering an account if there is none yet
   * @param load the limits on concurrent requests
   */
  public AcmeAuthority(
      URI directory, @Nullable SSLContext tls, KeyPair key, Registration registration, Load load) {
    this(directory, tls, key, registration, load, Transport.DEADLINE);
  }

  /** The same with another time limit for answers. */
  AcmeAuthority(
      URI directory,
      @Nullable SSLContext tls,
      KeyPair key,
      Registration registration,
      Load load,
      Duration deadline) {
    this(new Connections(directory, tls, load, deadline), key, registration, Preferences.NONE);
  }

  private AcmeAuthority(
      Connections connections, KeyPair key, Registration registration, Preferences preferences) {
    this.preferences = preferences;
    this.connections = connections;
    this.failures = connections.failures;
    this.key = key;
    this.registration = registration;
  }

  /**
   * Another account at the same CA, with the same connections: closing one closes all.
   *
   * @param otherRegistration the data for registering an account if that key has none yet
   * @return a client, which has not sent anything to the CA yet
   */
  public AcmeAuthority as(KeyPair otherKey, Registration otherRegistration) {
    return new AcmeAuthority(connections, otherKey, otherRegistration, preferences);
  }

  /** The same account, which orders other certificates; closing one closes both. */
  public AcmeAuthority with(Preferences others) {
    return new AcmeAuthority(connections, key, registration, others);
  }

  /** The SHA-256 thumbprint of a key (RFC 7638) in base64url, as part of key authorizations. */
  public static String thumbprint(KeyPair key) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(JoseUtils.thumbprint(key.getPublic()));
  }

  private interface Request<T> {
    T send(Login login) throws AcmeException;
  }

  private <T> T ask(Request<T> request) throws CaException, InterruptedException {
    return connections.use(session -> {
      Login login = login(session);
      try {
        return failures.translating(() -> request.send(login));
      } catch (CaException e) {
        throw isOfAccount(e.problem(), login) ? ofAccount(e) : e;
      }
    });
  }

  private Login login(Session session) throws CaException, InterruptedException {
    URL known = account;
    if (known != null) {
      return session.login(known, key);
    }
    try {
      return failures.translating(() -> register(session));
    } catch (CaException e) {
      // Without an account no request can succeed, whether the refusal is temporary or final.
      throw e.kind() == CaException.Kind.TRANSIENT ? e : ofAccount(e);
    }
  }

  private Login register(Session session) throws AcmeException {
    AccountBuilder builder = new AccountBuilder().useKeyPair(key);
    if (registration.isAgreed) {
      builder.agreeToTermsOfService();
    }
    if (registration.email != null) {
      builder.addEmail(registration.email);
    }
    if (registration.keyIdentifier != null && registration.macKey != null) {
      builder.withKeyIdentifier(registration.keyIdentifier, registration.macKey);
    }
    Login login = builder.createLogin(session); // returns this key's account if there is one
    account = login.getAccountLocation();
    return login;
  }

  /** Whether a refusal concerns the account and not the request. */
  private boolean isOfAccount(Problem problem, Login login) throws InterruptedException {
    if (OF_ACCOUNT.contains(problem.type())) {
      return true;
    }
    if (!UNAUTHORIZED.equals(problem.type())) {
      return false;
    }
    // The CA answers the same for a deactivated account and for an order of another account.
    try {
      return failures.translating(() -> {
        Account ours = login.getAccount();
        ours.fetch();
        return ours.getStatus() != Status.VALID;
      });
    } catch (CaException e) {
      return e.kind() == CaException.Kind.REFUSED;
    }
  }

  private CaException ofAccount(CaException failure) {
    Problem problem = failure.problem();
    String advice =
        switch (problem.type().replace(Problem.ACME, "")) {
          case "accountDoesNotExist" -> "it is registered again automatically";
          case "userActionRequired" -> "do what the CA asks for";
          case "externalAccountRequired" ->
              "give --eab-kid and HEDDLE_EAB_HMAC of the account that you have there";
          case "unauthorized" ->
              "ask the CA why; or move its key, account.pem or accounts/NAME.pem, away and"
                  + " start once with --change-ca to register another account";
          case "rateLimited" -> "there is nothing to do but wait";
          default -> "check --agree-tos, --email and --eab-kid";
        };
    if (NO_ACCOUNT.equals(problem.type())) {
      account = null;
    }
    return new CaException(
        CaException.Kind.ACCOUNT,
        new Problem(
            problem.type(),
            "The CA does not serve the account",
            problem.status(),
            problem + "; " + advice),
        failure.retryAfter(),
        failure);
  }

  @Override
  public URI account() throws CaException, InterruptedException {
    return ask(login -> URI.create(login.getAccountLocation().toString()));
  }

  /**
   * The CA's names in CAA records, from its directory; empty if the directory does not say that the
   * CA respects CAA records.
   */
  public Set<String> caaIdentities() throws CaException, InterruptedException {
    return connections.use(session ->
        Set.copyOf(failures.translating(() -> session.getMetadata().getCaaIdentities())));
  }

  /**
   * The CA's answer to a new order.
   *
   * @param authorizations their addresses; each has to be fetched
   */
  private record Opened(URI location, @Nullable Duration life, List<URI> authorizations) {}

  /**
   * A fetched authorization.
   *
   * @param isUntouched whether it is pending and none of its challenges has been tried
   */
  private record Shown(Authorization authorization, boolean isUntouched) {}

  @Override
  public Placed place(List<String> domains, @Nullable String replaces)
      throws CaException, InterruptedException {
    Opened opened = connections.changing(() -> ask(login -> opened(login, domains, replaces)));
    List<Shown> shown = shown(opened.authorizations());
    return new Placed(
        opened.location(),
        opened.life(),
        shown.stream().map(Shown::authorization).toList(),
        shown.stream()
            .filter(Shown::isUntouched)
            .map(one -> one.authorization().location())
            .collect(Collectors.toSet()));
  }

  private Opened opened(Login login, List<String> domains, @Nullable String replaces)
      throws AcmeException {
    OrderBuilder builder = login.newOrder().domains(domains);
    if (replaces != null && renewals(login).isPresent()) {
      builder.replaces(replaces);
    }
    if (preferences.profile != null) {
      builder.profile(preferences.profile);
    }
    org.shredzone.acme4j.Order order = builder.create();
    return new Opened(
        uri(order.getLocation()),
        order.getExpires().map(connections.directory.clock()::until).orElse(null),
        order.getAuthorizations().stream().map(one -> uri(one.getLocation())).toList());
  }

  /** The address of the CA's renewal windows, if it has any. */
  private static Optional<URL> renewals(Login login) throws AcmeException {
    return login.getSession().resourceUrlOptional(Resource.RENEWAL_INFO);
  }

  @Override
  public @Nullable RenewalWindow renewalWindow(String certificate)
      throws CaException, InterruptedException {
    Optional<RenewalWindow> window =
        ask(login -> {
          Optional<URL> all = renewals(login);
          return all.isEmpty()
              ? Optional.empty()
              : Optional.of(window(login, url(URI.create(all.get() + "/" + certificate))));
        });
    return window.orElse(null);
  }

  private RenewalWindow window(Login login, URL address) throws AcmeException {
    RenewalInfo seen = login.bindRenewalInfo(address);
    Optional<Instant> askAgain = seen.fetch();
    CaClock clock = connections.directory.clock();
    return new RenewalWindow(
        clock.until(seen.getSuggestedWindowStart()),
        clock.until(seen.getSuggestedWindowEnd()),
        askAgain.map(clock::until).orElse(null),
        seen.getExplanation().map(AcmeAuthority::uri).orElse(null));
  }

  /** Fetches a few authorizations at a time, so that an order with many delays no other order. */
  private List<Shown> shown(List<URI> authorizations) throws CaException, InterruptedException {
    try (TaskGroup<Shown> questions = new TaskGroup<Shown>().limit(TOGETHER)) {
      for (URI one : authorizations) {
        questions.go(() -> ask(login -> shown(login.bindAuthorization(url(one)))));
      }
      return questions.await();
    } catch (ExecutionException e) {
      switch (Objects.requireNonNull(e.getCause(), "cause")) {
        case CaException failure -> throw failure;
        case InterruptedException interrupted -> throw interrupted;
        case RuntimeException defect -> throw defect;
        default -> throw new IllegalStateException("asking the CA failed", e);
      }
    }
  }

  private static Shown shown(org.shredzone.acme4j.Authorization from) throws AcmeException {
    Authorization authorization = authorization(from);
    boolean isUntouched =
        from.getStatus() == Status.PENDING
            && from.getChallenges().stream().allMatch(way -> way.getStatus() == Status.PENDING);
    return new Shown(authorization, isUntouched);
  }

  @Override
  public void deactivate(URI authorization) throws CaException, InterruptedException {
    connections.changing(() ->
        ask(login -> {
          login.bindAuthorization(url(authorization)).deactivate();
          return authorization;
        }));
  }

  private static Authorization authorization(org.shredzone.acme4j.Authorization from)
      throws AcmeException {
    from.fetch();
    List<Challenge> challenges =
        from.getChallenges().stream().map(AcmeAuthority::challenge).toList();
    return new Authorization(
        from.getIdentifier().getDomain().toLowerCase(Locale.ROOT),
        from.isWildcard(),
        uri(from.getLocation()),
        status(from.getStatus()),
        challenges,
        null,
        null,
        null);
  }

  private static Challenge challenge(org.shredzone.acme4j.challenge.Challenge from) {
    boolean hasToken = from instanceof TokenChallenge;
    return new Challenge(
        from.getType(),
        uri(from.getLocation()),
        hasToken ? from.getJSON().get("token").asString() : "",
        hasToken ? ((TokenChallenge) from).getAuthorization() : "");
  }

  @Override
  public OrderView order(URI order) throws CaException, InterruptedException {
    return ask(login -> {
      org.shredzone.acme4j.Order seen = login.bindOrder(url(order));
      Optional<Instant> askAgain = seen.fetch();
      Status status = seen.getStatus();
      return new OrderView(
          switch (status) {
            case PENDING -> Progress.PENDING;
            case READY -> Progress.READY;
            case PROCESSING -> Progress.PROCESSING;
            case VALID -> Progress.VALID;
            default -> Progress.INVALID;
          },
          seen.getError().map(Failures::problem).orElse(null),
          askAgain.map(connections.directory.clock()::until).orElse(null));
    });
  }

  @Override
  public AuthorizationView authorization(URI authorization)
      throws CaException, InterruptedException {
    return ask(login -> {
      org.shredzone.acme4j.Authorization seen = login.bindAuthorization(url(authorization));
      Optional<Instant> askAgain = seen.fetch();
      String triggered = null;
      Problem problem = null;
      for (org.shredzone.acme4j.challenge.Challenge one : seen.getChallenges()) {
        if (one.getStatus() != Status.PENDING) {
          triggered = one.getType();
          problem = one.getError().map(Failures::problem).orElse(problem);
        }
      }
      return new AuthorizationView(
          status(seen.getStatus()),
          triggered,
          problem,
          askAgain.map(connections.directory.clock()::until).orElse(null));
    });
  }

  private static Authorization.Status status(Status status) {
    return switch (status) {
      case VALID -> Authorization.Status.VALID;
      case PENDING, PROCESSING -> Authorization.Status.PENDING;
      default -> Authorization.Status.INVALID;
    };
  }

  @Override
  public void validate(Challenge challenge) throws CaException, InterruptedException {
    ask(login -> {
      login.bindChallenge(url(challenge.location())).trigger();
      return challenge;
    });
  }

  @Override
  public void finalizeOrder(URI order, byte[] csr) throws CaException, InterruptedException {
    ask(login -> {
      login.bindOrder(url(order)).execute(csr);
      return order;
    });
  }

  @Override
  public List<X509Certificate> certificate(URI order) throws CaException, InterruptedException {
    return ask(login -> {
      org.shredzone.acme4j.Order seen = login.bindOrder(url(order));
      seen.fetch();
      if (seen.getStatus() != Status.VALID) {
        throw new AcmeException("the order has no certificate yet: it is " + seen.getStatus());
      }
      org.shredzone.acme4j.Certificate certificate = seen.getCertificate();
      certificate.download();
      return List.copyOf(preferred(certificate).getCertificateChain());
    });
  }

  /** The chain that ends at the preferred issuer, or the CA's default if no chain does. */
  private org.shredzone.acme4j.Certificate preferred(org.shredzone.acme4j.Certificate certificate)
      throws AcmeException {
    if (preferences.chain == null || endsAt(certificate, preferences.chain)) {
      return certificate;
    }
    for (org.shredzone.acme4j.Certificate other : certificate.getAlternateCertificates()) {
      other.download();
      if (endsAt(other, preferences.chain)) {
        return other;
      }
    }
    return certificate;
  }

  /** Whether the last certificate of a chain is an issuer's, or was issued by that issuer. */
  private static boolean endsAt(org.shredzone.acme4j.Certificate certificate, String issuer) {
    X509Certificate last = certificate.getCertificateChain().getLast();
    return issuer.equals(commonName(last.getSubjectX500Principal()))
        || issuer.equals(commonName(last.getIssuerX500Principal()));
  }

  private static @Nullable String commonName(X500Principal name) {
    try {
      for (Rdn part : new LdapName(name.getName()).getRdns()) {
        if (part.getType().equalsIgnoreCase("CN")) {
          return String.valueOf(part.getValue());
        }
      }
      return null;
    } catch (InvalidNameException e) {
      return null;
    }
  }

  @Override
  public void revoke(X509Certificate certificate, int reason)
      throws CaException, InterruptedException {
    ask(login -> {
      org.shredzone.acme4j.Certificate.revoke(login, certificate, RevocationReason.code(reason));
      return certificate;
    });
  }

  /** Closes the connections. Requests in progress fail. */
  @Override
  public void close() {
    connections.close();
  }

  private static URL url(URI uri) {
    try {
      return uri.toURL();
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException(uri + " is not an address of a CA", e);
    }
  }

  private static URI uri(URL url) {
    return URI.create(url.toString());
  }
}
