package io.heddle.preflight;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.StandardConstants;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * TLS 1.2 or newer on a connected socket. Certificates are not verified, and a CA does not verify
 * them either: a server that waits for its first certificate has no trusted one, and nothing secret
 * is sent.
 */
final class TlsSockets {
  private static final SSLContext CONTEXT = context();

  private TlsSockets() {}

  /**
   * Makes a socket; the caller performs the handshake.
   *
   * @param host the name for SNI; empty for none
   */
  static SSLSocket over(Socket socket, String host, List<String> protocols) throws IOException {
    SSLSocket secured =
        (SSLSocket)
            CONTEXT
                .getSocketFactory()
                .createSocket(socket, host.isEmpty() ? null : host, socket.getPort(), true);
    SSLParameters parameters = secured.getSSLParameters();
    parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
    parameters.setApplicationProtocols(protocols.toArray(String[]::new));
    parameters.setServerNames(host.isEmpty() ? List.of() : List.of(new HostName(host)));
    secured.setSSLParameters(parameters);
    return secured;
  }

  /** The JDK's own class rejects underscores, which hosts in redirects may contain. */
  private static final class HostName extends SNIServerName {
    HostName(String host) {
      super(StandardConstants.SNI_HOST_NAME, host.getBytes(US_ASCII));
    }
  }

  private static SSLContext context() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new Indifferent()}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // every JDK has TLS
    }
  }

  /** Extends the extended class, because the JDK adds its own checks to the simple interface. */
  private static final class Indifferent extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
