package io.heddle.orders.files;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.heddle.Go;
import io.heddle.orders.files.ChainException.Fault;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PublicKey;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.exception.AcmeProtocolException;
import org.shredzone.acme4j.toolbox.AcmeUtils;

/** A certificate with the certificates that vouch for it. */
public final class Chain {
  private static final int DNS_NAME = 2;

  private final List<X509Certificate> certificates;

  /**
   * Makes a chain, without verifying it; {@link Verifier} does that.
   *
   * @param certificates the certificate, then its issuer's, and so on; not empty
   */
  public Chain(List<X509Certificate> certificates) {
    if (certificates.isEmpty()) {
      throw new IllegalArgumentException("a chain without certificates");
    }
    this.certificates = List.copyOf(certificates);
  }

  /** The certificate itself. */
  public X509Certificate leaf() {
    return certificates.getFirst();
  }

  /** The chain in PEM, as web servers read it. */
  public String pem() throws IOException {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      for (X509Certificate one : certificates) {
        writer.writeObject(one);
      }
    }
    return text.toString();
  }

  /** The certificate's serial number, in hexadecimal. */
  public String serial() {
    return leaf().getSerialNumber().toString(16);
  }

  /** The end of the certificate's validity. */
  public Instant notAfter() {
    return leaf().getNotAfter().toInstant();
  }

  /** The beginning of the certificate's validity. */
  public Instant notBefore() {
    return leaf().getNotBefore().toInstant();
  }

  /**
   * The certificate's id for requests about its renewal (RFC 9773); null if the certificate does
   * not name its issuer's key.
   */
  public @Nullable String renewalId() {
    try {
      return AcmeUtils.getRenewalUniqueIdentifier(leaf());
    } catch (AcmeProtocolException e) {
      return null;
    }
  }

  /** Whether the certificate belongs to a key. */
  public boolean isFor(PublicKey key) {
    return leaf().getPublicKey().equals(key);
  }

  /** Verifies chains. */
  public static final class Verifier {
    private final Set<TrustAnchor> roots;

    private Verifier(Collection<X509Certificate> roots) {
      this.roots =
          roots.stream().map(root -> new TrustAnchor(root, null)).collect(Collectors.toSet());
    }

    /** Trusts these roots only. */
    public static Verifier trusting(Collection<X509Certificate> roots) {
      return new Verifier(roots);
    }

    /** Trusts the JDK's roots. */
    public static Verifier system() {
      try {
        TrustManagerFactory factory =
            TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        return new Verifier(
            Arrays.stream(factory.getTrustManagers())
                .filter(X509TrustManager.class::isInstance)
                .map(X509TrustManager.class::cast)
                .flatMap(manager -> Arrays.stream(manager.getAcceptedIssuers()))
                .toList());
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("this JDK has no trusted certificates", e);
      }
    }

    /**
     * Verifies that a certificate matches the order.
     *
     * @param chain the certificate, with the certificates that vouch for it
     * @param domains the exact set of names that it must have
     * @param now the time at which it must be valid
     */
    public void verify(Chain chain, List<String> domains, PublicKey key, Instant now)
        throws ChainException {
      if (!chain.isFor(key)) {
        throw new ChainException(Fault.CONTENT, "the certificate is for another key");
      }
      Set<String> names = names(chain.leaf());
      if (!names.equals(new HashSet<>(domains))) {
        throw new ChainException(
            Fault.CONTENT,
            "the certificate is for " + names + ", ordered were " + new TreeSet<>(domains));
      }
      try {
        // The validator would look for a trusted issuer of a root at the end of the chain.
        List<X509Certificate> path =
            chain.certificates.stream().filter(one -> !isRoot(one)).toList();
        CertPath certificates = CertificateFactory.getInstance("X.509").generateCertPath(path);
        PKIXParameters parameters = new PKIXParameters(roots);
        parameters.setRevocationEnabled(false); // it has just been issued
        parameters.setDate(Date.from(now));
        CertPathValidator.getInstance("PKIX").validate(certificates, parameters);
      } catch (CertPathValidatorException e) {
        if (e.getReason() == BasicReason.EXPIRED || e.getReason() == BasicReason.NOT_YET_VALID) {
          throw new ChainException(
              Fault.TIME,
              "a certificate of the chain is not valid at this time, by our clock "
                  + now
                  + " (is that right?): "
                  + e.getMessage());
        }
        throw untrusted(e);
      } catch (GeneralSecurityException e) {
        throw untrusted(e);
      }
    }

    private static ChainException untrusted(GeneralSecurityException e) {
      return new ChainException(
          Fault.TRUST, "the chain does not lead to a trusted root: " + e.getMessage());
    }

    private boolean isRoot(X509Certificate one) {
      return roots.stream().anyMatch(root -> one.equals(root.getTrustedCert()));
    }

    private static Set<String> names(X509Certificate leaf) throws ChainException {
      try {
        Collection<List<?>> all = leaf.getSubjectAlternativeNames();
        Set<String> names = new TreeSet<>();
        for (List<?> one : all == null ? List.<List<?>>of() : all) {
          if (one.getFirst().equals(DNS_NAME)) {
            names.add(String.valueOf(one.get(1)).toLowerCase(Locale.ROOT));
          }
        }
        return names;
      } catch (CertificateParsingException e) {
        throw new ChainException(
            Fault.CONTENT, "the certificate's names cannot be read: " + e.getMessage());
      }
    }
  }

  /**
   * Reads root certificates.
   *
   * @param file in PEM
   * @throws IOException if it cannot be read, or a certificate is not a CA's or has expired; the
   *     message says which
   */
  public static List<X509Certificate> readRoots(Path file) throws IOException {
    List<X509Certificate> roots = read(file);
    for (X509Certificate root : roots) {
      String problem = null;
      if (root.getBasicConstraints() < 0) {
        problem = "is not a CA's";
      } else if (root.getNotAfter().toInstant().isBefore(Go.now())) {
        problem = "has expired, at " + root.getNotAfter().toInstant();
      }
      if (problem != null) {
        throw new IOException(
            file + ": the certificate of " + root.getSubjectX500Principal() + " " + problem);
      }
    }
    return roots;
  }

  /**
   * Reads a chain.
   *
   * @param pem the chain in PEM
   * @throws IOException if it contains no certificate
   */
  public static Chain parse(String pem) throws IOException {
    return new Chain(parse(new ByteArrayInputStream(pem.getBytes(US_ASCII)), "the chain"));
  }

  /**
   * Reads certificates.
   *
   * @param file a file in PEM
   * @throws IOException if it cannot be read, or contains no certificate
   */
  public static List<X509Certificate> read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return parse(in, file.toString());
    }
  }

  private static List<X509Certificate> parse(InputStream in, String name) throws IOException {
    try {
      List<X509Certificate> found =
          CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
              .map(X509Certificate.class::cast)
              .toList();
      if (found.isEmpty()) {
        throw new IOException(name + " holds no certificate");
      }
      return found;
    } catch (GeneralSecurityException e) {
      throw new IOException(name + " holds no certificates in PEM: " + e.getMessage(), e);
    }
  }
}
