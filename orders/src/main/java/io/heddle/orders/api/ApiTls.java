package io.heddle.orders.api;

import io.heddle.orders.files.Chain;
import io.heddle.orders.files.Keys;
import io.heddle.orders.files.SafeFiles;
import io.heddle.orders.telemetry.Log;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/**
 * The certificate of the API, from two files. They are read again when one of them has changed, so
 * a renewed certificate needs no restart.
 */
public final class ApiTls {
  private final Path certificate;
  private final Path key;
  private final SslContextFactory.Server context = new SslContextFactory.Server();
  private final WatchedFile<KeyStore> files;

  private ApiTls(Path certificate, Path key, Log log) throws IOException {
    this.certificate = certificate;
    this.key = key;
    context.setKeyStorePassword("");
    files = new WatchedFile<>(List.of(certificate, key), "tls", log, this::use);
  }

  /**
   * Reads a certificate.
   *
   * @param certificate a file with the certificate chain, in PEM
   * @param key a file with the private key, in PEM
   * @param log gets {@code tls_reloaded} when the files were read again, and {@code
   *     tls_reload_failed} if that failed and the earlier certificate stays in use
   * @throws IOException if a file cannot be read, or the key does not match the certificate
   */
  public static ApiTls of(Path certificate, Path key, Log log) throws IOException {
    return new ApiTls(certificate, key, log);
  }

  SslConnectionFactory factory(String next) {
    return new SslConnectionFactory(context, next);
  }

  private KeyStore use() throws IOException {
    KeyStore store = read();
    try {
      if (context.isStarted()) {
        context.reload(factory -> factory.setKeyStore(store));
      } else {
        context.setKeyStore(store);
      }
      return store;
    } catch (Exception e) {
      throw new IOException(certificate + " and " + key + " cannot be used: " + e.getMessage(), e);
    }
  }

  private KeyStore read() throws IOException {
    try {
      X509Certificate[] chain = Chain.read(certificate).toArray(X509Certificate[]::new);
      SafeFiles.checkSecret(key);
      PrivateKey secret = Keys.readPrivate(key);
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry("api", secret, new char[0], chain);
      if (!isPair(secret, chain[0])) {
        throw new IOException(key + " is not the key of " + certificate);
      }
      return store;
    } catch (GeneralSecurityException e) {
      throw new IOException(certificate + " and " + key + " cannot be used: " + e.getMessage(), e);
    }
  }

  private static boolean isPair(PrivateKey key, X509Certificate certificate)
      throws GeneralSecurityException {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "EC", "ECDSA" -> "SHA256withECDSA";
          case "RSA" -> "SHA256withRSA";
          default -> key.getAlgorithm();
        };
    byte[] message = certificate.getEncoded();
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(key);
    signature.update(message);
    byte[] signed = signature.sign();
    try {
      signature.initVerify(certificate.getPublicKey());
    } catch (InvalidKeyException e) {
      return false; // a key for another algorithm
    }
    signature.update(message);
    return signature.verify(signed);
  }

  /** Reads the files again if one of them has changed since they were read. */
  void reloadIfChanged() {
    files.reloadIfChanged();
  }
}
