package io.heddle.remote;

import io.heddle.local.FreePort;
import io.heddle.local.LocalTls;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A NATS server with JetStream for tests, on a free port of the loopback interface. */
final class NatsServer extends LocalServer {
  /**
   * How long a client may take to log in: on a busy machine the default, 2 seconds, is too short.
   */
  private static final int LOGIN_SECONDS = 120;

  private final String host;
  private final int port = FreePort.next();
  private final @Nullable LocalTls tls;

  private NatsServer(String host, @Nullable LocalTls tls) throws IOException {
    super("nats-server");
    this.host = host;
    this.tls = tls;
  }

  /** Starts one that lets in the user me with the password secret. */
  static NatsServer launch() throws IOException, InterruptedException {
    return launch("127.0.0.1", null);
  }

  /** The same, at another address of the loopback interface, and with TLS unless it is null. */
  static NatsServer launch(String host, @Nullable LocalTls tls)
      throws IOException, InterruptedException {
    return launch(new NatsServer(host, tls));
  }

  @Override
  List<String> arguments(Path folder) throws IOException {
    Path configuration =
        Files.writeString(
            folder.resolve("nats.conf"),
            "listen: \""
                + host
                + ":"
                + port
                + "\"\n"
                + (tls == null
                    ? ""
                    : "tls { cert_file: \""
                        + tls.certificate()
                        + "\", key_file: \""
                        + tls.key()
                        + "\", timeout: "
                        + LOGIN_SECONDS
                        + " }\n")
                + "authorization { user: me, password: secret, timeout: "
                + LOGIN_SECONDS
                + " }\njetstream { store_dir: \""
                + folder.resolve("data")
                + "\" }\n");
    return List.of("-c", configuration.toString());
  }

  @Override
  boolean answers() {
    try (Socket socket = new Socket(host, port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  String address() {
    return tls == null
        ? "nats://me:secret@" + host + ":" + port
        : "tls://me:secret@" + host + ":" + port + "?trust=" + tls.authority();
  }
}
