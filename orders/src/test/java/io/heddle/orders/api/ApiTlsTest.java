package io.heddle.orders.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.orders.files.Keys;
import io.heddle.orders.telemetry.Log;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The API by TLS, and its access log. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("clock")
final class ApiTlsTest {
  @TempDir private Path folder;
  private Path certificate;
  private Path key;
  private final Logged logged = new Logged();
  private final Log log = Log.to(new PrintStream(logged, true, UTF_8));

  /** The log, with a wait for an event. */
  private static final class Logged extends ByteArrayOutputStream {
    @Override
    public synchronized void write(byte[] bytes, int offset, int length) {
      super.write(bytes, offset, length);
      notifyAll();
    }

    synchronized void await(String event) throws InterruptedException {
      while (!toString(UTF_8).contains(event)) {
        wait();
      }
    }
  }

  @BeforeEach
  void files() {
    certificate = folder.resolve("cert.pem");
    key = folder.resolve("key.pem");
  }

  /** Replaces the files, the certificate last. */
  private void write(int serial) throws Exception {
    KeyPair pair = Keys.generate();
    Instant now = Instant.now();
    X500Name name = new X500Name("CN=localhost");
    X509Certificate signed =
        new JcaX509CertificateConverter()
            .getCertificate(
                new JcaX509v3CertificateBuilder(
                        name,
                        BigInteger.valueOf(serial),
                        Date.from(now.minus(Duration.ofHours(1))),
                        Date.from(now.plus(Duration.ofHours(1))),
                        name,
                        pair.getPublic())
                    .build(
                        new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate())));
    Files.writeString(key, pem(new JcaPKCS8Generator(pair.getPrivate(), null)));
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    Files.writeString(certificate, pem(signed));
    // However coarse the file system's clock is.
    Files.setLastModifiedTime(certificate, FileTime.from(now.plusSeconds(serial)));
  }

  private static String pem(Object what) throws IOException {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(what);
    }
    return text.toString();
  }

  private ApiServer start(Path accessLog) throws IOException {
    return ApiServer.start(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
        ApiServer.Limits.DEFAULT,
        ApiTls.of(certificate, key, log),
        accessLog,
        request -> ApiResponse.of(200, "text/plain", "by TLS"));
  }

  /** The serial number of the certificate that a new connection gets. */
  private static int serial(ApiServer server) throws Exception {
    TrustManager any =
        new X509TrustManager() {
          @Override
          public void checkClientTrusted(X509Certificate[] chain, String type) {}

          @Override
          public void checkServerTrusted(X509Certificate[] chain, String type) {}

          @Override
          public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
          }
        };
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {any}, null);
    InetSocketAddress address = server.address();
    try (SSLSocket socket =
        (SSLSocket)
            context.getSocketFactory().createSocket(address.getAddress(), address.getPort())) {
      socket.setSoTimeout(30_000);
      String request = "GET /tls HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(UTF_8));
      String response = new String(socket.getInputStream().readAllBytes(), UTF_8);
      assertTrue(response.endsWith("\r\n\r\nby TLS"), response);
      return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
          .getSerialNumber()
          .intValue();
    }
  }

  @Test
  void aNewCertificateIsUsedWithoutARestart() throws Exception {
    write(1);
    try (ApiServer server = start(null)) {
      assertEquals("https", server.uri().getScheme());
      assertEquals(1, serial(server));
      write(2);
      logged.await("tls_reloaded");
      while (serial(server) != 2) {
        Thread.onSpinWait(); // the key may have been read before its certificate
      }
    }
  }

  @Test
  void aBrokenCertificateLeavesTheEarlierOneInUse() throws Exception {
    write(1);
    try (ApiServer server = start(null)) {
      Files.writeString(certificate, "none");
      logged.await("tls_reload_failed");
      assertEquals(1, serial(server));
    }
  }

  /** As when it was read while it was written, or could not be read before a chmod. */
  @Test
  void aCertificateIsMendedEvenIfItsTimeStaysTheSame() throws Exception {
    write(1);
    try (ApiServer server = start(null)) {
      Files.writeString(certificate, "none");
      logged.await("tls_reload_failed");
      Path brokenCertificate = certificate;
      Path oldKey = key;
      certificate = folder.resolve("new-cert.pem");
      key = folder.resolve("new-key.pem");
      write(2);
      Files.setLastModifiedTime(certificate, Files.getLastModifiedTime(brokenCertificate));
      Files.setLastModifiedTime(key, Files.getLastModifiedTime(oldKey));
      Files.move(key, oldKey, StandardCopyOption.REPLACE_EXISTING);
      Files.move(certificate, brokenCertificate, StandardCopyOption.REPLACE_EXISTING);
      logged.await("tls_reloaded");
      assertEquals(2, serial(server));
    }
  }

  @Test
  void aFailureToReloadIsLoggedOnce() throws Exception {
    write(1);
    ApiTls tls = ApiTls.of(certificate, key, log);
    Files.delete(certificate);
    for (int i = 0; i < 3; i++) {
      tls.reloadIfChanged();
    }
    assertEquals(1, logged.toString(UTF_8).lines().count(), () -> logged.toString(UTF_8));
    write(2);
    tls.reloadIfChanged();
    Files.delete(certificate);
    tls.reloadIfChanged();
    List<String> lines = logged.toString(UTF_8).lines().toList();
    assertEquals(3, lines.size(), lines::toString);
    assertTrue(lines.get(1).contains("tls_reloaded"), lines::toString);
  }

  @Test
  void aKeyThatIsNotTheCertificatesIsRefused() throws Exception {
    write(1);
    Files.writeString(key, pem(new JcaPKCS8Generator(Keys.generate().getPrivate(), null)));
    IOException refused = assertThrows(IOException.class, () -> ApiTls.of(certificate, key, log));
    assertEquals(key + " is not the key of " + certificate, refused.getMessage());
    KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA");
    Files.writeString(key, pem(new JcaPKCS8Generator(rsa.generateKeyPair().getPrivate(), null)));
    refused = assertThrows(IOException.class, () -> ApiTls.of(certificate, key, log));
    assertEquals(key + " is not the key of " + certificate, refused.getMessage());
    Files.writeString(key, "none");
    assertThrows(IOException.class, () -> ApiTls.of(certificate, key, log));
  }

  @Test
  void requestsAreInTheAccessLog() throws Exception {
    write(1);
    Path accessLog = folder.resolve("access.log");
    try (ApiServer server = start(accessLog)) {
      serial(server);
    }
    String line = Files.readString(accessLog);
    assertTrue(line.contains("\"GET /tls HTTP/1.1\" 200 "), line);
  }

  @Test
  void nothingInTheAccessLogIsAControlCharacter() throws Exception {
    Path accessLog = folder.resolve("access.log");
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    try (ApiServer server =
            ApiServer.start(
                any,
                ApiServer.Limits.DEFAULT,
                null,
                accessLog,
                request -> ApiResponse.of(200, "text/plain", ""));
        RawClient client = new RawClient(server.address())) {
      client.send("GET /a HTTP/1.0\r\nHost: a\r\nUser-Agent: x\"y\u0085z\u009b31m\r\n\r\n");
      assertEquals(List.of(200), client.statuses());
    }
    String line = Files.readString(accessLog).stripTrailing();
    assertTrue(line.endsWith(" \"x\\\"y\\x85z\\x9b31m\""), line);
    assertTrue(line.chars().noneMatch(Character::isISOControl), line);
  }
}
