package io.heddle.local;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A CA for local servers, and the certificates that it has signed. */
public final class LocalTls {
  private static final Duration LIFE = Duration.ofDays(30);
  private static final Duration BEFORE = Duration.ofHours(1);

  private final Path folder;
  private final KeyPair authorityKey;
  private final X509Certificate authority;
  private final KeyManagerFactory server;

  private LocalTls(
      Path folder, KeyPair authorityKey, X509Certificate authority, KeyManagerFactory server) {
    this.folder = folder;
    this.authorityKey = authorityKey;
    this.authority = authority;
    this.server = server;
  }

  /**
   * Makes a CA and the certificate of a server on the loopback interface, and writes the
   * certificates and the server's key into a folder.
   */
  public static LocalTls in(Path folder) throws IOException {
    try {
      KeyPair authorityKey = newKey();
      X509Certificate authority = sign("CN=Heddle's local CA", authorityKey, authorityKey, true);
      KeyPair serverKey = newKey();
      X509Certificate server = sign("CN=localhost", serverKey, authorityKey, false);
      Files.writeString(folder.resolve("ca.pem"), pem(authority));
      write(folder, "", serverKey, server);
      return new LocalTls(folder, authorityKey, authority, managers(serverKey, server));
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException("this JDK cannot make a certificate", e);
    }
  }

  private static KeyManagerFactory managers(KeyPair key, X509Certificate certificate)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setKeyEntry("server", key.getPrivate(), new char[0], new Certificate[] {certificate});
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(store, new char[0]);
    return managers;
  }

  private static void write(Path folder, String prefix, KeyPair key, X509Certificate certificate)
      throws IOException {
    Files.writeString(folder.resolve(prefix + "cert.pem"), pem(certificate));
    Files.writeString(
        folder.resolve(prefix + "key.pem"), pem(new JcaPKCS8Generator(key.getPrivate(), null)));
  }

  /** The file with the server's certificate. */
  public Path certificate() {
    return folder.resolve("cert.pem");
  }

  /** The file with the key of the server's certificate. */
  public Path key() {
    return folder.resolve("key.pem");
  }

  /** The file with the CA's certificate. */
  public Path authority() {
    return folder.resolve("ca.pem");
  }

  /**
   * Makes a certificate of a client.
   *
   * @param name the name of the client
   * @return the file with the certificate, {@code NAME-cert.pem}; {@code NAME-key.pem} beside it
   *     has its key
   */
  public Path client(String name) throws IOException {
    try {
      KeyPair key = newKey();
      write(folder, name + "-", key, sign("CN=" + name, key, authorityKey, false));
      return folder.resolve(name + "-cert.pem");
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException("this JDK cannot make a certificate", e);
    }
  }

  String authorityPem() {
    return pem(authority);
  }

  /** For another server with the same certificate. */
  SSLContext serving() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(server.getKeyManagers(), null, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK cannot hold a certificate", e);
    }
  }

  /** For clients that trust only this CA. */
  SSLContext trusting() {
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      store.setCertificateEntry("local", authority);
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("this JDK cannot hold a certificate", e);
    }
  }

  private static KeyPair newKey() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  private static X509Certificate sign(
      String subject, KeyPair owner, KeyPair signer, boolean isAuthority)
      throws GeneralSecurityException, OperatorCreationException, IOException {
    Instant now = Instant.now();
    X509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
                new X500Name("CN=Heddle's local CA"),
                BigInteger.valueOf(isAuthority ? 1 : 2),
                Date.from(now.minus(BEFORE)),
                Date.from(now.plus(LIFE)),
                new X500Name(subject),
                owner.getPublic())
            .addExtension(Extension.basicConstraints, true, new BasicConstraints(isAuthority));
    if (!isAuthority) {
      GeneralName[] names = {
        new GeneralName(GeneralName.dNSName, "localhost"),
        new GeneralName(GeneralName.iPAddress, "127.0.0.1")
      };
      builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
    }
    return new JcaX509CertificateConverter()
        .getCertificate(
            builder.build(
                new JcaContentSignerBuilder("SHA256withECDSA").build(signer.getPrivate())));
  }

  private static String pem(Object what) {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(what);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }
}
