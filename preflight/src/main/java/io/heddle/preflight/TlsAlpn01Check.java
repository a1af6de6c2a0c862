package io.heddle.preflight;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * tls-alpn-01 (RFC 8737) by Let's Encrypt's rules: a TLS handshake on port 443 with the application
 * protocol {@code acme-tls/1}. The server must present a self-signed certificate for this name
 * alone, which contains the digest of the key authorization. The check tries the first IPv6 address
 * and, if that fails for any reason, the first IPv4 address.
 */
public final class TlsAlpn01Check implements ChallengeCheck {
  private static final String PROTOCOL = "acme-tls/1";
  private static final String ALTERNATIVE_NAMES = "2.5.29.17";
  private static final String ACME_IDENTIFIER = "1.3.6.1.5.5.7.1.31";

  // tags of DER
  private static final int OCTET_STRING = 0x04;
  private static final int SEQUENCE = 0x30;
  private static final int DNS_NAME = 0x82;

  private final Resolver resolver;
  private final Network network;
  private final Duration timeout;

  /**
   * Makes a check.
   *
   * @param resolver finds addresses, and has the network to connect to them
   * @param timeout the time limit for a challenge
   */
  public TlsAlpn01Check(Resolver resolver, Duration timeout) {
    this.resolver = resolver;
    this.network = resolver.network();
    this.timeout = timeout;
  }

  @Override
  public CheckResult check(PreflightChallenge challenge, Trace trace) throws InterruptedException {
    if (challenge.isWildcard()) {
      return CheckResult.willFail(
          ProblemType.MALFORMED, "tls-alpn-01 cannot be used for a wildcard; use dns-01");
    }
    long deadline = trace.time().deadline(timeout);
    try {
      return judge(challenge, shakeFirst(challenge, deadline, trace));
    } catch (NotReadyException e) {
      return e.outcome();
    }
  }

  /** The server's certificate. */
  private record Presented(
      String address, @Nullable String protocol, X509Certificate certificate) {}

  private Presented shakeFirst(PreflightChallenge challenge, long deadline, Trace trace)
      throws NotReadyException, InterruptedException {
    List<InetAddress> addresses = HostAddresses.toTry(resolver, challenge.host(), trace);
    for (int i = 0; i < addresses.size() - 1; i++) {
      try {
        return shake(challenge, addresses.get(i), deadline, trace);
      } catch (NotReadyException e) {
        trace.warn(e.getMessage() + "; going on with " + addresses.get(i + 1).getHostAddress());
      }
    }
    return shake(challenge, addresses.getLast(), deadline, trace);
  }

  private Presented shake(
      PreflightChallenge challenge, InetAddress address, long deadline, Trace trace)
      throws NotReadyException, InterruptedException {
    int port = network.ports().https();
    try (Network.Connection connection =
        Dialer.dial(network, challenge.host(), address, port, deadline, trace)) {
      SSLSocket socket =
          Handshakes.secured(connection, challenge.host(), List.of(PROTOCOL), deadline, trace);
      return new Presented(
          connection.address(),
          socket.getApplicationProtocol(),
          (X509Certificate) socket.getSession().getPeerCertificates()[0]);
    } catch (SSLException e) {
      String detail = address.getHostAddress() + ": " + Handshakes.failure(e);
      // The JDK rejects certificates without an issuer's name, which CAs accept here.
      boolean isOurFault = detail.contains("Failed to parse server certificates");
      throw new NotReadyException(
          isOurFault
              ? CheckResult.unknown(ProblemType.TLS, detail + " (a CA may be able to)")
              : CheckResult.notYet(ProblemType.TLS, detail),
          e);
    } catch (IOException e) {
      throw new NotReadyException(Dialer.failed(address, Network.reason(e)), e);
    }
  }

  private static CheckResult judge(PreflightChallenge challenge, Presented presented) {
    if (!PROTOCOL.equals(presented.protocol())) {
      return CheckResult.notYet(
          ProblemType.UNAUTHORIZED,
          "%s: Cannot negotiate ALPN protocol \"%s\" for tls-alpn-01 challenge"
              .formatted(presented.address(), PROTOCOL));
    }
    String fault = fault(challenge, presented.certificate());
    return fault == null
        ? CheckResult.ready(presented.address() + " presents the challenge's certificate")
        : CheckResult.notYet(
            ProblemType.UNAUTHORIZED,
            "%s: Incorrect validation certificate for tls-alpn-01 challenge of %s. %s"
                .formatted(presented.address(), challenge.host(), fault));
  }

  private static @Nullable String fault(PreflightChallenge challenge, X509Certificate certificate) {
    if (!isSelfSigned(certificate)) {
      return "Received certificate which is not self-signed.";
    }
    byte[] names = certificate.getExtensionValue(ALTERNATIVE_NAMES);
    byte[] identifier = certificate.getExtensionValue(ACME_IDENTIFIER);
    if (names == null) {
      return "Received certificate without a subjectAltName.";
    }
    if (!Arrays.equals(names, octets(nameAlone(challenge.host())))) {
      return "Received certificate with unexpected identifiers: " + names(certificate);
    }
    if (identifier == null) {
      return "Received certificate with no acmeValidationV1 extension.";
    }
    if (!certificate.getCriticalExtensionOIDs().contains(ACME_IDENTIFIER)) {
      return "Received certificate with acmeValidationV1 extension that is not Critical.";
    }
    byte[] expected = octets(octets(challenge.digest()));
    if (identifier.length != expected.length || !Arrays.equals(identifier, 0, 4, expected, 0, 4)) {
      return "Received certificate with malformed acmeValidationV1 extension value.";
    }
    if (!Arrays.equals(identifier, expected)) {
      return "Received certificate with acmeValidationV1 extension value %s but expected %s."
          .formatted(
              HexFormat.of().formatHex(identifier, 4, identifier.length),
              HexFormat.of().formatHex(challenge.digest()));
    }
    return null;
  }

  private static boolean isSelfSigned(X509Certificate certificate) {
    try {
      certificate.verify(certificate.getPublicKey());
      return certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal());
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static String names(X509Certificate certificate) {
    try {
      return Trace.printable(String.valueOf(certificate.getSubjectAlternativeNames()));
    } catch (CertificateParsingException e) {
      return "they are malformed";
    }
  }

  /** The DER of the extension for one DNS name and no other: a CA compares the bytes. */
  private static byte[] nameAlone(String host) {
    return tagged(SEQUENCE, tagged(DNS_NAME, host.getBytes(US_ASCII)));
  }

  private static byte[] octets(byte[] content) {
    return tagged(OCTET_STRING, content);
  }

  private static byte[] tagged(int tag, byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (content.length > 0xff) {
      out.write(0x82);
      out.write(content.length >> Byte.SIZE);
    } else if (content.length > 0x7f) {
      out.write(0x81);
    }
    out.write(content.length);
    out.writeBytes(content);
    return out.toByteArray();
  }
}
