package io.heddle.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.heddle.Go;
import io.heddle.Goroutine;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class PooledConnectionTest {
  /** A close of TLS would wait for the write that it is to end. */
  @Test
  void aRequestThatAPeerDoesNotTakeByTlsTimesOut(@TempDir Path folder) throws Exception {
    SSLContext tls = context(folder);
    try (ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Socket client = new Socket(listener.getInetAddress(), listener.getLocalPort());
        Socket peer = listener.accept()) {
      SSLSocket side =
          (SSLSocket) tls.getSocketFactory().createSocket(client, "localhost", 1, true);
      Go.run(() -> {
        Goroutine<?> serving = Go.go(() -> serverSide(tls, peer).startHandshake());
        side.startHandshake();
        serving.join();
        HttpLimits limits = new HttpLimits(100, 100, 100, 100);
        var connection = new PooledConnection(client, side, limits, Duration.ofMillis(100));
        byte[] much = new byte[20 << 20];
        assertThrows(
            SocketTimeoutException.class,
            () -> connection.exchange("PUT", List.of(much), new ArrayList<>()));
      });
    }
  }

  @Test
  void aSocketThatTcpHasConnectedWithItselfIsRefused() throws Exception {
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    try (Socket socket = new Socket()) {
      socket.bind(address);
      socket.connect(socket.getLocalSocketAddress());
      assertThrows(ConnectException.class, () -> HttpPool.refuseItself(socket));
    }
    try (ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Socket socket = new Socket(listener.getInetAddress(), listener.getLocalPort())) {
      HttpPool.refuseItself(socket);
    }
  }

  private static SSLSocket serverSide(SSLContext tls, Socket peer) throws IOException {
    SSLSocket side = (SSLSocket) tls.getSocketFactory().createSocket(peer, null, true);
    side.setUseClientMode(false);
    return side;
  }

  private static SSLContext context(Path folder) throws Exception {
    Path file = folder.resolve("keys");
    char[] password = "change it".toCharArray();
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost",
                "-keystore",
                file.toString(),
                "-storepass",
                new String(password))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("output").toFile())
            .start();
    assertEquals(0, keytool.waitFor(), () -> read(folder.resolve("output")));
    KeyStore keys = KeyStore.getInstance(file.toFile(), password);
    KeyManagerFactory own = KeyManagerFactory.getInstance("PKIX");
    own.init(keys, password);
    TrustManagerFactory trusted = TrustManagerFactory.getInstance("PKIX");
    trusted.init(keys);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(own.getKeyManagers(), trusted.getTrustManagers(), null);
    return tls;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
