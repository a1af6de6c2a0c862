package io.heddle.purge.stores;

import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyManagementException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMEncryptedKeyPair;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;
import org.jspecify.annotations.Nullable;

/**
 * TLS for the clients of all stores: the authorities to trust, the client's own certificate, and
 * the name that the server's certificate must have. The name is always verified, also in clients
 * that do not verify it themselves.
 */
public final class Tls {
  /** The JDK's authorities, no certificate of the client, and the name in the address. */
  public static final Tls SYSTEM = of(null, null, null, null);

  private final SSLContext context;
  private final NoIdentity noIdentity;

  private Tls(SSLContext context, NoIdentity noIdentity, @Nullable String serverName) {
    this.context = new Verifying(context, serverName);
    this.noIdentity = noIdentity;
  }

  /**
   * Reads the files.
   *
   * @param authorities a PEM file with the certificates to trust; null for those of the JDK
   * @param certificate a PEM file with the client's certificate and its chain; null for none
   * @param key a PEM file with the certificate's private key; null if the same file has it
   * @param serverName the name that the server's certificate must have, also sent to the server
   *     (SNI); null for the host of the address
   * @throws IllegalArgumentException if a file cannot be read, or has other contents
   */
  public static Tls of(
      @Nullable Path authorities,
      @Nullable Path certificate,
      @Nullable Path key,
      @Nullable String serverName) {
    if (certificate == null && key != null) {
      throw new IllegalArgumentException("--key goes with --cert: it is the key of a certificate");
    }
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      NoIdentity noIdentity = new NoIdentity();
      context.init(
          certificate == null
              ? new KeyManager[] {noIdentity}
              : identity(certificate, key == null ? certificate : key),
          authorities == null ? null : trust(authorities),
          null);
      return new Tls(context, noIdentity, serverName);
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException(
          "the certificate and the key do not go together: " + e.getMessage(), e);
    }
  }

  /** The context; its sockets verify the server's name. */
  SSLContext context() {
    return context;
  }

  /**
   * Puts TLS on a connection.
   *
   * @param host the host of the address
   */
  Socket over(Socket socket, String host) throws IOException {
    SSLSocket secured =
        (SSLSocket) context.getSocketFactory().createSocket(socket, host, socket.getPort(), true);
    secured.startHandshake();
    return noIdentity.asked.remove(secured) ? new TlsSocket(secured) : secured;
  }

  /** Stands for a missing certificate: records which servers have asked for one. */
  private static final class NoIdentity extends X509ExtendedKeyManager {
    final Set<Socket> asked = ConcurrentHashMap.newKeySet();

    @Override
    public @Nullable String chooseClientAlias(
        String[] types, Principal @Nullable [] issuers, @Nullable Socket socket) {
      if (socket != null) {
        asked.add(socket);
      }
      return null;
    }

    @Override
    public String @Nullable [] getClientAliases(String type, Principal @Nullable [] issuers) {
      return null;
    }

    @Override
    public String @Nullable [] getServerAliases(String type, Principal @Nullable [] issuers) {
      return null;
    }

    @Override
    public @Nullable String chooseServerAlias(
        String type, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return null;
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
      return null;
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
      return null;
    }
  }

  private static TrustManager[] trust(Path file) throws GeneralSecurityException {
    KeyStore store = emptyStore();
    int number = 0;
    for (Certificate one : certificates("--cacert", file)) {
      store.setCertificateEntry("authority-" + number++, one);
    }
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(store);
    return managers.getTrustManagers();
  }

  private static KeyManager[] identity(Path certificate, Path key) throws GeneralSecurityException {
    KeyStore store = emptyStore();
    Certificate[] chain = certificates("--cert", certificate).toArray(Certificate[]::new);
    store.setKeyEntry("client", privateKey(key), new char[0], chain);
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(store, new char[0]);
    return managers.getKeyManagers();
  }

  private static KeyStore emptyStore() throws GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    try {
      store.load(null, null);
    } catch (IOException e) {
      throw new IllegalStateException("nothing was read", e);
    }
    return store;
  }

  private static Collection<? extends Certificate> certificates(String option, Path file)
      throws GeneralSecurityException {
    try (InputStream in = Files.newInputStream(file)) {
      Collection<? extends Certificate> found =
          CertificateFactory.getInstance("X.509").generateCertificates(in);
      if (found.isEmpty()) {
        throw new IllegalArgumentException(option + ": " + file + " has no certificates");
      }
      return found;
    } catch (CertificateException e) {
      throw new IllegalArgumentException(
          option + ": " + file + " is not a PEM file of certificates: " + e.getMessage(), e);
    } catch (IOException e) {
      throw unreadable(option, file, e);
    }
  }

  private static PrivateKey privateKey(Path file) throws GeneralSecurityException {
    try (Reader in = Files.newBufferedReader(file);
        PEMParser pem = new PEMParser(in)) {
      for (Object found; (found = pem.readObject()) != null; ) {
        switch (found) {
          case PrivateKeyInfo info -> {
            return privateKey(info);
          }
          case PEMKeyPair pair -> {
            return privateKey(pair.getPrivateKeyInfo());
          }
          case PKCS8EncryptedPrivateKeyInfo _, PEMEncryptedKeyPair _ ->
              throw new IllegalArgumentException(
                  "--key: " + file + " is encrypted: name a file with the decrypted key");
          default -> {
            // a certificate in the same file
          }
        }
      }
    } catch (IOException e) {
      throw unreadable("--key", file, e);
    }
    throw new IllegalArgumentException("--key: " + file + " has no private key in PEM form");
  }

  private static PrivateKey privateKey(PrivateKeyInfo info)
      throws GeneralSecurityException, IOException {
    String type = info.getPrivateKeyAlgorithm().getAlgorithm().getId();
    String algorithm =
        switch (type) {
          case "1.2.840.113549.1.1.1" -> "RSA";
          case "1.2.840.10045.2.1" -> "EC";
          default -> type; // the JDK takes the identifiers of other algorithms
        };
    return KeyFactory.getInstance(algorithm)
        .generatePrivate(new PKCS8EncodedKeySpec(info.getEncoded()));
  }

  private static IllegalArgumentException unreadable(String option, Path file, IOException e) {
    return new IllegalArgumentException(
        option
            + (e instanceof NoSuchFileException
                ? ": there is no file " + file
                : ": cannot read " + file + ": " + e.getMessage()),
        e);
  }

  /** A context whose sockets verify the server's name, which the JDK's do only on request. */
  private static final class Verifying extends SSLContext {
    Verifying(SSLContext context, @Nullable String serverName) {
      super(new Spi(context, serverName), context.getProvider(), context.getProtocol());
    }
  }

  private static final class Spi extends SSLContextSpi {
    private final SSLContext context;
    private final @Nullable String serverName;

    Spi(SSLContext context, @Nullable String serverName) {
      this.context = context;
      this.serverName = serverName;
    }

    @Override
    protected void engineInit(
        KeyManager @Nullable [] keys,
        TrustManager @Nullable [] trust,
        @Nullable SecureRandom random)
        throws KeyManagementException {
      throw new KeyManagementException("it is initialised");
    }

    @Override
    protected SSLSocketFactory engineGetSocketFactory() {
      return new Sockets(context.getSocketFactory(), serverName);
    }

    @Override
    protected SSLServerSocketFactory engineGetServerSocketFactory() {
      return context.getServerSocketFactory();
    }

    @Override
    protected SSLEngine engineCreateSSLEngine() {
      return context.createSSLEngine();
    }

    @Override
    protected SSLEngine engineCreateSSLEngine(String host, int port) {
      return context.createSSLEngine(host, port);
    }

    @Override
    protected SSLSessionContext engineGetServerSessionContext() {
      return context.getServerSessionContext();
    }

    @Override
    protected SSLSessionContext engineGetClientSessionContext() {
      return context.getClientSessionContext();
    }
  }

  private static final class Sockets extends SSLSocketFactory {
    private final SSLSocketFactory factory;
    private final @Nullable String serverName;

    Sockets(SSLSocketFactory factory, @Nullable String serverName) {
      this.factory = factory;
      this.serverName = serverName;
    }

    @Override
    public Socket createSocket(Socket socket, String host, int port, boolean autoClose)
        throws IOException {
      String name = serverName == null ? host : serverName;
      return verifying(factory.createSocket(socket, name, port, autoClose));
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
      return createSocket(new Socket(host, port), host, port, true);
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort)
        throws IOException {
      return createSocket(new Socket(host, port, local, localPort), host, port, true);
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
      return createSocket(host.getHostName(), port);
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort)
        throws IOException {
      return createSocket(host.getHostName(), port, local, localPort);
    }

    private static Socket verifying(Socket socket) {
      SSLSocket secured = (SSLSocket) socket;
      SSLParameters parameters = secured.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      secured.setSSLParameters(parameters);
      return secured;
    }

    @Override
    public String[] getDefaultCipherSuites() {
      return factory.getDefaultCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
      return factory.getSupportedCipherSuites();
    }
  }
}
