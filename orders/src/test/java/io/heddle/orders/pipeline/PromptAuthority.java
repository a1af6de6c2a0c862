package io.heddle.orders.pipeline;

import io.heddle.Go;
import io.heddle.orders.Authorization;
import io.heddle.orders.Authorization.Status;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.ca.CertificateAuthority;
import io.heddle.orders.files.Keys;
import java.math.BigInteger;
import java.net.URI;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.jspecify.annotations.Nullable;

/**
 * A CA without a network, for tests of time: it answers at once, or as a test has it answer. What a
 * real one answers is shown with Pebble.
 */
class PromptAuthority implements CertificateAuthority {
  final List<String> told = new CopyOnWriteArrayList<>();

  /** From before the time of a bubble. */
  private static final Date BEGIN = Date.from(Instant.parse("1990-01-01T00:00:00Z"));

  private static final Date END = Date.from(Instant.parse("2090-01-01T00:00:00Z"));

  /** What its certificates do not live to see. */
  static final Duration AGES = Duration.ofDays(100 * 365);

  private final KeyPair key = Keys.generate();
  private final AtomicInteger serials = new AtomicInteger(1);
  private final Map<URI, X509Certificate> certificates = new ConcurrentHashMap<>();
  private final Duration life;
  private final @Nullable Duration validity;
  private final String host;
  private final AtomicInteger orders = new AtomicInteger();
  private final Set<URI> valid = ConcurrentHashMap.newKeySet();

  /** Its orders live for so long. */
  PromptAuthority(Duration life) {
    this(life, null);
  }

  /** Its certificates live for so long, from the moment at which they are issued. */
  PromptAuthority(Duration life, @Nullable Duration validity) {
    this("ca.test", life, validity);
  }

  /** One of several: its objects have addresses of their own. */
  PromptAuthority(String host, Duration life, @Nullable Duration validity) {
    this.host = host;
    this.life = life;
    this.validity = validity;
  }

  private URI uri(String path) {
    return URI.create("https://" + host + "/" + path);
  }

  @Override
  public URI account() {
    return uri("account");
  }

  /** Suggests no windows, as a CA does that does not support RFC 9773. */
  @Override
  public @Nullable RenewalWindow renewalWindow(String certificate)
      throws CaException, InterruptedException {
    return null;
  }

  @Override
  public void revoke(X509Certificate certificate, int reason)
      throws CaException, InterruptedException {
    throw new AssertionError("it revokes nothing");
  }

  @Override
  public Placed place(List<String> domains, @Nullable String replaces)
      throws CaException, InterruptedException {
    return place(domains);
  }

  @Override
  public Placed place(List<String> domains) throws CaException {
    int number = orders.incrementAndGet();
    List<Authorization> authorizations = new ArrayList<>();
    for (String domain : domains) {
      URI location = uri(number + "/" + domain);
      String token = host.replace('.', '-') + "-token";
      Challenge challenge = new Challenge(Challenge.HTTP, location, token, token + ".thumbprint");
      authorizations.add(
          new Authorization(
              domain, false, location, Status.PENDING, List.of(challenge), null, null, null));
    }
    return new Placed(
        uri("order/" + number),
        life,
        authorizations,
        authorizations.stream().map(Authorization::location).collect(Collectors.toSet()));
  }

  @Override
  public void deactivate(URI authorization) throws CaException, InterruptedException {
    throw new AssertionError("it returns no objects of others");
  }

  @Override
  public AuthorizationView authorization(URI authorization)
      throws CaException, InterruptedException {
    boolean isValid = valid.contains(authorization);
    return new AuthorizationView(
        isValid ? Status.VALID : Status.PENDING, isValid ? Challenge.HTTP : null, null, null);
  }

  @Override
  public void validate(Challenge challenge) throws CaException, InterruptedException {
    told.add(challenge.location().getPath());
    valid.add(challenge.location());
  }

  @Override
  public OrderView order(URI order) throws CaException, InterruptedException {
    boolean isIssued = certificates.containsKey(order);
    return new OrderView(isIssued ? Progress.VALID : Progress.READY, null, null);
  }

  @Override
  public void finalizeOrder(URI order, byte[] csr) throws CaException {
    try {
      certificates.put(order, sign(new JcaPKCS10CertificationRequest(csr)));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public List<X509Certificate> certificate(URI order) throws CaException {
    return List.of(certificates.get(order));
  }

  /** An order that was placed with this CA and is to be finalized. */
  Order finalizing(Instant now) throws CaException {
    return new Order(
        "o",
        new Order.Request("c", List.of("one.test"), null),
        OrderState.FINALIZING,
        now,
        0,
        0,
        place(List.of("one.test")).at(now),
        null,
        null,
        null);
  }

  /** What its certificates lead to. */
  X509Certificate root() throws Exception {
    X500Name name = new X500Name("CN=root");
    return signed(
        new JcaX509v3CertificateBuilder(name, BigInteger.ONE, BEGIN, END, name, key.getPublic())
            .addExtension(Extension.basicConstraints, true, new BasicConstraints(true)));
  }

  private X509Certificate sign(JcaPKCS10CertificationRequest request) throws Exception {
    return signed(
        new JcaX509v3CertificateBuilder(
                new X500Name("CN=root"),
                BigInteger.valueOf(serials.incrementAndGet()),
                validity == null ? BEGIN : Date.from(Go.now()),
                validity == null ? END : Date.from(Go.now().plus(validity)),
                new X500Name("CN=leaf"),
                request.getPublicKey())
            .addExtension(
                Extension.authorityKeyIdentifier,
                false,
                new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(key.getPublic()))
            .addExtension(
                request.getRequestedExtensions().getExtension(Extension.subjectAlternativeName)));
  }

  private X509Certificate signed(X509v3CertificateBuilder certificate) throws Exception {
    return new JcaX509CertificateConverter()
        .getCertificate(
            certificate.build(
                new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate())));
  }
}
