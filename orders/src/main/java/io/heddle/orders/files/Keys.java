package io.heddle.orders.files;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.openssl.PEMException;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.shredzone.acme4j.util.CSRBuilder;

/** Key pairs and signatures. */
public final class Keys {
  private static final String CURVE = "secp256r1";

  private Keys() {}

  /** Makes a key pair for ECDSA on the curve P-256, which every CA accepts. */
  public static KeyPair generate() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec(CURVE));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has EC keys", e);
    }
  }

  /**
   * The key pair of a file, which is made if it does not exist. When several processes do this at
   * the same time, all get the same key pair.
   *
   * @param file in PEM, private and public key; readable by its owner only
   * @throws IOException if the file cannot be read or written, or contains no key pair
   */
  public static KeyPair in(Path file) throws IOException {
    SafeFiles.createSecret(file, () -> pem(generate()));
    return read(file);
  }

  /**
   * The key pair of a file.
   *
   * @param file in PEM, private and public key
   * @throws IOException if the file cannot be read, or contains no key pair
   */
  public static KeyPair read(Path file) throws IOException {
    JcaPEMKeyConverter converter = new JcaPEMKeyConverter();
    try (PEMParser parser = new PEMParser(new StringReader(Files.readString(file)))) {
      Object first = parser.readObject();
      if (first instanceof PEMKeyPair pair) { // OpenSSL's form
        return converter.getKeyPair(pair);
      }
      if (first instanceof PrivateKeyInfo secret
          && parser.readObject() instanceof SubjectPublicKeyInfo open) {
        return new KeyPair(converter.getPublicKey(open), converter.getPrivateKey(secret));
      }
    } catch (PEMException e) {
      throw new IOException(file + " holds no key pair", e);
    }
    throw new IOException(
        file
            + " holds no key pair: neither an \"EC PRIVATE KEY\" or \"RSA PRIVATE KEY\", nor a "
            + "\"PRIVATE KEY\" followed by its \"PUBLIC KEY\"");
  }

  /**
   * The private key of a file.
   *
   * @param file in PEM, in OpenSSL's form or PKCS #8, not encrypted
   * @throws IOException if the file cannot be read, or contains no private key
   */
  public static PrivateKey readPrivate(Path file) throws IOException {
    JcaPEMKeyConverter converter = new JcaPEMKeyConverter();
    try (PEMParser parser = new PEMParser(new StringReader(Files.readString(file)))) {
      for (Object part; (part = parser.readObject()) != null; ) {
        if (part instanceof PEMKeyPair pair) { // may follow the curve's parameters
          return converter.getPrivateKey(pair.getPrivateKeyInfo());
        }
        if (part instanceof PrivateKeyInfo secret) {
          return converter.getPrivateKey(secret);
        }
      }
    } catch (PEMException e) {
      throw new IOException(file + " holds no private key", e);
    }
    throw new IOException(file + " holds no private key in PEM, or one with a password");
  }

  private static String pem(KeyPair pair) {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(new JcaPKCS8Generator(pair.getPrivate(), null));
      writer.writeObject(pair.getPublic());
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return text.toString();
  }

  /** Makes a signing request, in DER. */
  public static byte[] request(KeyPair key, List<String> domains) throws IOException {
    CSRBuilder builder = new CSRBuilder();
    builder.addDomains(domains);
    builder.sign(key);
    return builder.getEncoded();
  }
}
