package io.heddle.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Task;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class PolledSocketTest {
  /** More than a buffer, and than what the system takes at once. */
  private static final byte[] MUCH = new byte[20 << 20];

  private ServerSocket server;
  private PolledSocket client;
  private Socket peer;

  static {
    new Random(1).nextBytes(MUCH);
  }

  @BeforeEach
  void connect() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    client = new PolledSocket();
    client.connect(server.getLocalSocketAddress());
    peer = server.accept();
  }

  @AfterEach
  void close() throws IOException {
    client.close();
    peer.close();
    server.close();
  }

  private InputStream in() throws IOException {
    return client.getInputStream();
  }

  private OutputStream out() throws IOException {
    return client.getOutputStream();
  }

  /** Starts a goroutine and yields when it has begun; what it then waits for may have come. */
  private static Goroutine<?> begun(Task task) throws InterruptedException {
    Chan<Boolean> begins = Chan.unbuffered();
    Goroutine<?> goroutine =
        Go.go(() -> {
          begins.send(true);
          task.run();
        });
    begins.receive();
    return goroutine;
  }

  @Test
  void whatComesIsReadUpToItsEnd() throws Exception {
    Go.run(() -> {
      Goroutine<?> sender =
          Go.go(() -> {
            peer.getOutputStream().write(MUCH);
            peer.shutdownOutput();
          });
      assertArrayEquals(MUCH, in().readAllBytes());
      assertEquals(-1, in().read());
      sender.join();
    });
  }

  @Test
  void whatIsWrittenWaitsForAPeerThatDoesNotRead() throws Exception {
    Go.run(() -> {
      Goroutine<?> sender =
          begun(() -> {
            out().write(MUCH);
            client.shutdownOutput();
          });
      assertArrayEquals(MUCH, peer.getInputStream().readAllBytes());
      sender.join();
    });
  }

  @Test
  void bothDirectionsAtOnce() throws Exception {
    Go.run(() -> {
      Goroutine<?> echo = Go.go(() -> peer.getInputStream().transferTo(peer.getOutputStream()));
      Goroutine<?> sender =
          Go.go(() -> {
            out().write(MUCH);
            client.shutdownOutput();
          });
      assertArrayEquals(MUCH, in().readNBytes(MUCH.length));
      sender.join();
      echo.join();
    });
  }

  @Test
  void aReadEndsAtItsTimeLimitAndTheSocketGoesOn() throws Exception {
    client.setSoTimeout(1);
    assertThrows(SocketTimeoutException.class, () -> in().read());
    peer.getOutputStream().write(7);
    client.setSoTimeout(0);
    assertEquals(7, in().read());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anInterruptEndsAReadAndClosesTheSocket(boolean isVirtual) throws Exception {
    Chan<Throwable> failures = Chan.buffered(1);
    Runnable read =
        () -> {
          try {
            in().read();
          } catch (IOException e) {
            failures.trySend(e);
          }
        };
    Thread reader = (isVirtual ? Thread.ofVirtual() : Thread.ofPlatform()).unstarted(read);
    reader.start();
    reader.interrupt();
    reader.join();
    assertInstanceOf(IOException.class, failures.receive());
    assertEquals(-1, peer.getInputStream().read());
  }

  @Test
  void closingEndsWhoReadsAndWhoWrites() throws Exception {
    Go.run(() -> {
      Goroutine<?> reader = begun(() -> assertThrows(SocketException.class, () -> in().read()));
      Goroutine<?> writer =
          begun(() -> assertThrows(SocketException.class, () -> out().write(MUCH)));
      client.close();
      reader.join();
      writer.join();
    });
    assertThrows(SocketException.class, () -> in().read());
  }

  @Test
  void aResetEndsARead() throws Exception {
    peer.setSoLinger(true, 0);
    peer.close();
    assertThrows(IOException.class, () -> in().read());
  }

  @Test
  void aConnectionThatIsRefusedIsSaidToBe() throws Exception {
    server.close();
    try (PolledSocket another = new PolledSocket()) {
      assertThrows(
          ConnectException.class, () -> another.connect(server.getLocalSocketAddress(), 60_000));
    }
  }

  @Test
  void whoWaitsForAConnectionWaitsNoLongerThanItsLimit() throws Exception {
    List<Socket> filling = new ArrayList<>();
    try (ServerSocket deaf = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      // So many wait to be accepted that the system lets no more in.
      assertThrows(
          SocketTimeoutException.class,
          () -> {
            for (int i = 0; i < 1000; i++) {
              PolledSocket one = new PolledSocket();
              filling.add(one);
              one.connect(deaf.getLocalSocketAddress(), 100);
            }
          });
    } finally {
      for (Socket one : filling) {
        one.close();
      }
    }
  }

  private static Thread poller() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("heddle-poller"))
        .findAny()
        .orElseThrow();
  }

  @Test
  void waitingTakesNoProcessor() throws Exception {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long poller = poller().threadId();
    client.setSoTimeout(500);
    long before = threads.getThreadCpuTime(poller);
    assertThrows(SocketTimeoutException.class, () -> in().read());
    assertTrue(threads.getThreadCpuTime(poller) - before < 25_000_000);
  }

  @Test
  void noThreadIsLeftWhenAllAreClosed() throws Exception {
    Thread poller = poller();
    client.close();
    poller.join();
    try (PolledSocket another = new PolledSocket()) {
      another.connect(new InetSocketAddress(server.getInetAddress(), server.getLocalPort()));
      server.accept().close();
      assertEquals(-1, another.getInputStream().read());
    }
  }

  @Test
  void whatHasComeIsAheadBeforeAnybodyHasWaitedForIt() throws Exception {
    assertEquals(0, in().available());
    peer.getOutputStream().write(7);
    assertEquals(1, in().available());
    assertEquals(7, in().read());
  }

  @Test
  void aNameThatNobodyKnowsIsSaidToBe() throws Exception {
    try (PolledSocket another = new PolledSocket()) {
      assertThrows(
          UnknownHostException.class,
          () -> another.connect(InetSocketAddress.createUnresolved("nowhere.invalid", 1)));
    }
  }

  /** With TLS on top of it, as a pool has it that speaks https. */
  @Nested
  final class Secured {
    private SSLContext tls;
    private SSLSocket side;

    @BeforeEach
    void secure(@TempDir Path folder) throws Exception {
      tls = context(folder);
      side = (SSLSocket) tls.getSocketFactory().createSocket(client, "localhost", 1, true);
      SSLParameters parameters = side.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      side.setSSLParameters(parameters);
      side.setSoTimeout(60_000);
    }

    private SSLSocket serve() throws IOException {
      SSLSocket other = (SSLSocket) tls.getSocketFactory().createSocket(peer, null, true);
      other.setUseClientMode(false);
      return other;
    }

    @Test
    void whatIsSentComesBack() throws Exception {
      byte[] text = Arrays.copyOf(MUCH, 1 << 20);
      Go.run(() -> {
        Goroutine<?> serving =
            Go.go(() -> {
              try (SSLSocket other = serve()) {
                other.getInputStream().transferTo(other.getOutputStream());
              }
            });
        Goroutine<?> sending =
            Go.go(() -> {
              side.getOutputStream().write(text);
              side.shutdownOutput();
            });
        assertArrayEquals(text, side.getInputStream().readAllBytes());
        sending.join();
        side.close();
        serving.join();
        assertTrue(client.isClosed());
      });
    }

    @Test
    void aRequestThatIsNotTakenIsGivenUp() throws Exception {
      Go.run(() -> {
        Goroutine<?> serving = Go.go(() -> serve().startHandshake());
        side.startHandshake();
        serving.join();
        HttpLimits limits = new HttpLimits(100, 100, 100, 100);
        var connection = new PooledConnection(client, side, limits, Duration.ofMillis(100));
        assertThrows(
            SocketTimeoutException.class,
            () -> connection.exchange("PUT", List.of(MUCH), new ArrayList<>()));
      });
    }
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
