package io.heddle.local;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.Gson;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;

/**
 * Let's Encrypt's Pebble, a small CA for tests, with its companion that acts as the name server and
 * the web server of all domains. Both use free ports of the loopback interface and a folder of
 * their own, and are started and killed together. Not for production: Pebble loses all data when it
 * ends, and accepts any client.
 */
public final class Pebble implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Gson JSON = new Gson();

  private static final int ATTEMPTS = 5;
  private static final String PORT_TAKEN = "address already in use";

  private final Path folder;
  private final LocalTls tls;
  private final HttpClient client;
  private final List<Process> processes = new ArrayList<>();

  private final int directoryPort = FreePort.next();
  private final int managementPort = FreePort.next();
  private final int httpPort = FreePort.next();
  private final int tlsPort = FreePort.next();
  private final int dnsPort = FreePort.next();
  private final int challengePort = FreePort.next();

  private Pebble(Path folder) throws IOException {
    this.folder = folder;
    this.tls = LocalTls.in(folder);
    this.client = HttpClient.newBuilder().sslContext(tls.trusting()).build();
  }

  /** Whether both programs are installed. */
  public static boolean isInstalled() {
    return Programs.find("pebble").isPresent() && Programs.find("pebble-challtestsrv").isPresent();
  }

  /**
   * Starts both and waits until they answer.
   *
   * @param environment variables for Pebble, such as {@code PEBBLE_WFE_NONCEREJECT}: the percentage
   *     of nonces that it rejects
   * @throws IOException if they do not start; the message contains their output
   */
  public static Pebble start(Map<String, String> environment)
      throws IOException, InterruptedException {
    return start(environment, Map.of());
  }

  /**
   * Starts both with other members in Pebble's configuration, and waits until they answer.
   *
   * @param more the members, such as {@code certificateValidityPeriod}, in seconds
   * @throws IOException if they do not start; the message contains their output
   */
  public static Pebble start(Map<String, String> environment, Map<String, Object> more)
      throws IOException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      Pebble pebble = new Pebble(Files.createTempDirectory("heddle-pebble"));
      try {
        pebble.startBoth(environment, more);
        return pebble;
      } catch (IOException e) {
        pebble.close();
        // The ports were free when they were chosen, but another process may have taken them since.
        if (attempt == ATTEMPTS || !String.valueOf(e.getMessage()).contains(PORT_TAKEN)) {
          throw e;
        }
      } catch (InterruptedException | RuntimeException e) {
        pebble.close();
        throw e;
      }
    }
  }

  private void startBoth(Map<String, String> environment, Map<String, Object> more)
      throws IOException, InterruptedException {
    Map<String, Object> config =
        new HashMap<>(
            Map.of(
                "listenAddress",
                "127.0.0.1:" + directoryPort,
                "managementListenAddress",
                "127.0.0.1:" + managementPort,
                "certificate",
                tls.certificate().toString(),
                "privateKey",
                tls.key().toString(),
                "httpPort",
                httpPort,
                "tlsPort",
                tlsPort,
                "ocspResponderURL",
                "",
                "externalAccountBindingRequired",
                false,
                "domainBlocklist",
                List.of("blocked.test"),
                "retryAfter",
                Map.of("authz", 1, "order", 1)));
    config.putAll(more);
    Path file = folder.resolve("config.json");
    Files.writeString(file, JSON.toJson(Map.of("pebble", config)));
    launch(
        Map.of(),
        "pebble-challtestsrv",
        "-defaultIPv4=127.0.0.1",
        "-defaultIPv6=",
        "-dns01=127.0.0.1:" + dnsPort,
        "-http01=127.0.0.1:" + httpPort,
        "-tlsalpn01=127.0.0.1:" + tlsPort,
        "-https01=",
        "-doh=",
        "-management=127.0.0.1:" + challengePort);
    launch(
        oneAtATime(environment),
        "pebble",
        "-config=" + file,
        "-dnsserver=127.0.0.1:" + dnsPort,
        "-strict=false");
    for (int port : new int[] {challengePort, httpPort, dnsPort, directoryPort, managementPort}) {
      awaitAnswer(port);
    }
    if (!areAlive()) { // another program has answered at one of the ports
      throw new IOException("Pebble does not start:\n" + log());
    }
  }

  /**
   * Pebble, up to 2.10 at least, can deadlock when two of its goroutines use one order: one
   * acquires the order's read lock twice, and another requests the write lock in between. From then
   * on all requests hang. On one processor Go does not switch goroutines between the two
   * acquisitions, unless the operating system suspends the process there for several milliseconds.
   */
  private static Map<String, String> oneAtATime(Map<String, String> environment) {
    Map<String, String> all = new HashMap<>(environment);
    all.putIfAbsent("GOMAXPROCS", "1");
    return all;
  }

  private boolean areAlive() {
    return processes.stream().allMatch(Process::isAlive);
  }

  private void launch(Map<String, String> environment, String program, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(
        Programs.find(program)
            .orElseThrow(() -> new IOException(program + " is not installed"))
            .toString());
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve(program + ".log").toFile());
    builder.environment().putAll(environment);
    processes.add(builder.start());
  }

  private void awaitAnswer(int port) throws IOException, InterruptedException {
    long start = System.nanoTime();
    while (true) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
        return;
      } catch (IOException e) {
        if (!areAlive() || System.nanoTime() - start > PATIENCE.toNanos()) {
          throw new IOException("Pebble does not start:\n" + log(), e);
        }
        TimeUnit.MILLISECONDS.sleep(10);
      }
    }
  }

  /** Pebble's output so far. */
  public String log() throws IOException {
    StringBuilder all = new StringBuilder();
    for (String program : List.of("pebble-challtestsrv", "pebble")) {
      Path log = folder.resolve(program + ".log");
      if (Files.exists(log)) {
        all.append(Files.readString(log));
      }
    }
    return all.toString();
  }

  /** The address of the CA's directory. */
  public URI directory() {
    return URI.create("https://localhost:" + directoryPort + "/dir");
  }

  /** The CA that its clients must trust, made for this server only. */
  public SSLContext trust() {
    return tls.trusting();
  }

  /**
   * For a proxy in front of this server that the same clients trust: a context with this server's
   * certificate and key.
   */
  public SSLContext serving() {
    return tls.serving();
  }

  /** The certificate that clients in other processes must trust, in PEM. */
  public String trustPem() {
    return tls.authorityPem();
  }

  /** The root of the certificates that this Pebble issues. */
  public X509Certificate root() throws IOException, InterruptedException {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(rootPem().getBytes(UTF_8)));
    } catch (CertificateException e) {
      throw new IOException("Pebble's root is not a certificate", e);
    }
  }

  /** The root of the certificates that this Pebble issues, in PEM. */
  public String rootPem() throws IOException, InterruptedException {
    return rootPem(0);
  }

  /**
   * A root of the chains that this Pebble offers, in PEM.
   *
   * @param number 0 for the default chain, up to the variable {@code PEBBLE_ALTERNATE_ROOTS}
   */
  public String rootPem(int number) throws IOException, InterruptedException {
    URI address = URI.create("https://localhost:" + managementPort + "/roots/" + number);
    return client
        .send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }

  /** The name server of all domains, which resolves every name to this machine. */
  public InetSocketAddress nameServer() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), dnsPort);
  }

  /** The port of the web server of all domains, instead of port 80. */
  public int httpPort() {
    return httpPort;
  }

  /** The port of the TLS server of all domains, instead of port 443. */
  public int tlsPort() {
    return tlsPort;
  }

  /** Puts the file of an http-01 challenge on the web server. */
  public void addHttp(String token, String keyAuthorization)
      throws IOException, InterruptedException {
    post("/add-http01", Map.of("token", token, "content", keyAuthorization));
  }

  /** Removes the file of an http-01 challenge. */
  public void removeHttp(String token) throws IOException, InterruptedException {
    post("/del-http01", Map.of("token", token));
  }

  /**
   * Puts the record of a dns-01 challenge into the zone.
   *
   * @param domain the domain, without {@code _acme-challenge}
   */
  public void addTxt(String domain, String value) throws IOException, InterruptedException {
    post("/set-txt", Map.of("host", "_acme-challenge." + domain + ".", "value", value));
  }

  private void post(String path, Map<String, String> what)
      throws IOException, InterruptedException {
    URI address = URI.create("http://127.0.0.1:" + challengePort + path);
    HttpResponse<String> response =
        client.send(
            HttpRequest.newBuilder(address)
                .POST(HttpRequest.BodyPublishers.ofString(JSON.toJson(what)))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IOException(path + " answers " + response.statusCode() + ": " + response.body());
    }
  }

  /** Kills both, and removes their folder. */
  @Override
  public void close() {
    for (Process process : processes) {
      process.destroyForcibly().onExit().join();
    }
    client.shutdownNow();
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(file -> file.delete());
    } catch (IOException e) {
      // the remaining files are in the folder for temporary files
    }
  }
}
