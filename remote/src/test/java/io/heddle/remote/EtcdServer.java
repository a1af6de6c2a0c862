package io.heddle.remote;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.local.FreePort;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assertions;

/** An etcd server for tests, on a free port of the loopback interface. */
final class EtcdServer extends LocalServer {
  private final int port = FreePort.next();
  private final int peerPort = FreePort.next();
  private final List<String> more;

  private EtcdServer(List<String> more) throws IOException {
    super("etcd");
    this.more = more;
  }

  static EtcdServer launch(String... more) throws IOException, InterruptedException {
    return launch(new EtcdServer(List.of(more)));
  }

  @Override
  List<String> arguments(Path folder) {
    String client = "http://" + place();
    String peer = "http://127.0.0.1:" + peerPort;
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--data-dir",
                folder.resolve("data").toString(),
                "--listen-client-urls",
                client,
                "--advertise-client-urls",
                client,
                "--listen-peer-urls",
                peer,
                "--initial-advertise-peer-urls",
                peer,
                "--initial-cluster",
                "default=" + peer,
                "--unsafe-no-fsync", // its files survive its end, not that of the machine
                "--log-level",
                "error"));
    arguments.addAll(more);
    return arguments;
  }

  /** Whether it has elected a leader, after which it serves requests. */
  @Override
  boolean answers() throws InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
              .send(
                  HttpRequest.newBuilder(URI.create("http://" + place() + "/health")).build(),
                  BodyHandlers.discarding())
              .statusCode()
          == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /** Runs etcd's own client. */
  String etcdctl(String... arguments) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of(find("etcdctl"), "--endpoints=" + place()));
    all.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(all).redirectErrorStream(true);
    builder.environment().put("ETCDCTL_API", "3");
    Process client = builder.start();
    String output = new String(client.getInputStream().readAllBytes(), UTF_8);
    Assertions.assertEquals(0, client.waitFor(), output);
    return output;
  }

  String place() {
    return "127.0.0.1:" + port;
  }

  String address() {
    return "etcd://" + place();
  }
}
