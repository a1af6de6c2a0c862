package io.heddle.remote;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Calls of an etcd cluster, through the JSON gateway that every member has on its client port. If a
 * member does not answer, the next one is asked. The first call asks for a token if there is a
 * user, and a call whose token is outdated asks for another.
 */
final class EtcdGateway implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final Pattern HOST =
      Pattern.compile("([^\\s/@?#:]+|\\[[0-9a-fA-F:.]+])(:\\d{1,5})?");
  private static final String DEFAULT_PORT = ":2379";

  /** Errors that a new token mends: the token expired, or users or roles have changed since. */
  private static final Pattern OUTDATED =
      Pattern.compile("invalid auth token|revision of auth store is old");

  private final String name;
  private final List<URI> members;
  private final String user;
  private final String password;
  private final HttpClient client;

  /** The index of the member that answered last. */
  private volatile int current;

  /** Null before the first authentication. */
  private volatile @Nullable String token;

  private EtcdGateway(String name, List<URI> members, String user, String password) {
    this.name = name;
    this.members = members;
    this.user = user;
    this.password = password;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .build();
  }

  /** Makes a client for {@code etcd://…} or {@code etcds://…}. Sends nothing yet. */
  static EtcdGateway of(String address, String name) throws RemoteException {
    boolean isSecure = address.startsWith("etcds://");
    if (!isSecure && !address.startsWith("etcd://")) {
      throw wrong(name);
    }
    String rest = address.substring(address.indexOf("://") + 3);
    int at = rest.lastIndexOf('@');
    String login = at < 0 ? "" : rest.substring(0, at);
    int colon = login.indexOf(':');
    List<String> hosts = Arrays.asList(rest.substring(at + 1).split(",", -1));
    if ((at >= 0 && colon < 1) || !hosts.stream().allMatch(host -> HOST.matcher(host).matches())) {
      throw wrong(name);
    }
    List<URI> members =
        hosts.stream()
            .map(host -> host.matches(".*:\\d+") ? host : host + DEFAULT_PORT)
            .map(host -> URI.create((isSecure ? "https://" : "http://") + host))
            .toList();
    return new EtcdGateway(
        name, members, login.substring(0, Math.max(0, colon)), login.substring(colon + 1));
  }

  /** Without the cause, which may show the password. */
  private static RemoteException wrong(String name) {
    return new RemoteException(
        "cannot open " + name + ": an address is etcd://USER:PASSWORD@HOST:PORT", null);
  }

  /** Checks that the cluster answers, and that the user may read. */
  void check() throws RemoteException {
    JsonObject range = new JsonObject();
    range.addProperty("key", Base64.getEncoder().encodeToString(EtcdKeys.PREFIX.getBytes(UTF_8)));
    try {
      Calls.result(Calls.cleanUp(() -> call("open " + name, "kv/range", range)));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e); // the goroutine of that call is not interrupted
    }
  }

  /**
   * Makes a call, and waits for its answer. The caller must not be interrupted.
   *
   * @param action what it serves, for messages
   * @throws RemoteException if it was refused or failed; if it may have had an effect, the cause is
   *     an {@link IOException}
   */
  JsonObject call(String action, String method, JsonObject request)
      throws RemoteException, InterruptedException {
    return answer(action, send(action, method, request, BodyHandlers.ofByteArray()));
  }

  /** Makes a call whose answers are a stream of lines. */
  InputStream open(String action, String method, JsonObject request)
      throws RemoteException, InterruptedException {
    HttpResponse<InputStream> response =
        send(action, method, request, BodyHandlers.ofInputStream());
    if (response.statusCode() != 200) {
      try (InputStream body = response.body()) {
        throw refused(action, response.statusCode(), body.readAllBytes());
      } catch (IOException e) {
        throw failed(action, e);
      }
    }
    return response.body();
  }

  private <T> HttpResponse<T> send(
      String action, String method, JsonObject request, HttpResponse.BodyHandler<T> handler)
      throws RemoteException, InterruptedException {
    String used = user.isEmpty() ? null : token;
    if (used == null && !user.isEmpty()) {
      used = authenticate(action);
    }
    HttpResponse<T> response = send(action, method, request, used, handler);
    if (used != null && isOutdated(response)) {
      response = send(action, method, request, authenticate(action), handler);
    }
    return response;
  }

  private static <T> boolean isOutdated(HttpResponse<T> response) {
    return response.statusCode() == 401
        || (response.statusCode() != 200
            && response.body() instanceof byte[] body
            && OUTDATED.matcher(new String(body, UTF_8)).find());
  }

  private String authenticate(String action) throws RemoteException, InterruptedException {
    JsonObject request = new JsonObject();
    request.addProperty("name", user);
    request.addProperty("password", password);
    String fresh =
        answer(action, send(action, "auth/authenticate", request, null, BodyHandlers.ofByteArray()))
            .get("token")
            .getAsString();
    token = fresh;
    return fresh;
  }

  /** Sends a request to the members in turn, until one answers and can serve it. */
  private <T> HttpResponse<T> send(
      String action,
      String method,
      JsonObject request,
      @Nullable String token,
      HttpResponse.BodyHandler<T> handler)
      throws RemoteException, InterruptedException {
    int first = current;
    IOException failure = null;
    for (int i = 0; i < members.size(); i++) {
      int at = (first + i) % members.size();
      HttpRequest.Builder builder =
          HttpRequest.newBuilder(members.get(at).resolve("/v3/" + method))
              .timeout(TIMEOUT)
              .POST(BodyPublishers.ofString(request.toString()));
      if (token != null) {
        builder.header("Authorization", token);
      }
      try {
        HttpResponse<T> response = client.send(builder.build(), handler);
        if (response.statusCode() < 500 || i == members.size() - 1) {
          current = at;
          return response;
        }
        discard(response);
        failure = moreUncertain(failure, new IOException("HTTP status " + response.statusCode()));
      } catch (IOException e) {
        failure = moreUncertain(failure, e);
      }
    }
    throw failed(action, Objects.requireNonNull(failure, "the last member has answered"));
  }

  /** Prefers a failure after which the outcome of the call is unknown. */
  private static IOException moreUncertain(@Nullable IOException first, IOException next) {
    return first == null || isUnsent(first) ? next : first;
  }

  private static <T> void discard(HttpResponse<T> response) {
    if (response.body() instanceof InputStream body) {
      try {
        body.close();
      } catch (IOException e) {
        // it is of no interest
      }
    }
  }

  private static boolean isUnsent(IOException e) {
    return e instanceof ConnectException
        || e instanceof HttpConnectTimeoutException
        || e instanceof SSLException;
  }

  private RemoteException failed(String action, IOException e) {
    String cannot = "cannot " + action + ": ";
    if (e instanceof SSLException) {
      return new RemoteException(
          cannot
              + "no secure connection: "
              + e.getMessage()
              + ". Use etcds:// for a server with TLS, and have the JVM trust its certificate",
          null);
    }
    return isUnsent(e)
        ? new RemoteException(
            cannot
                + "no server answers. Start etcd, or correct the host and the port in the address",
            null)
        : new RemoteException(
            cannot
                + (e.getMessage() == null ? e.toString() : e.getMessage())
                + ". Check that a majority of etcd's members run; calls succeed again when they"
                + " answer",
            e);
  }

  private JsonObject answer(String action, HttpResponse<byte[]> response) throws RemoteException {
    if (response.statusCode() != 200) {
      throw refused(action, response.statusCode(), response.body());
    }
    try {
      return JsonParser.parseString(new String(response.body(), UTF_8)).getAsJsonObject();
    } catch (JsonParseException | IllegalStateException e) {
      throw notEtcd(action);
    }
  }

  private RemoteException notEtcd(String action) {
    return new RemoteException(
        "cannot "
            + action
            + ": the server has no gateway of etcd. Correct the host and the port, or start etcd"
            + " with --enable-grpc-gateway",
        null);
  }

  private RemoteException refused(String action, int status, byte[] body) {
    String text = message(body);
    if (text == null) {
      return notEtcd(action);
    }
    // If a member's wait for the others has timed out, the call may still take effect.
    return new RemoteException(
        "cannot " + action + ": " + text + ". " + nextStep(text),
        status >= 500 ? new IOException(text) : null);
  }

  private static String nextStep(String text) {
    if (text.contains("authentication failed")) {
      return "Correct the user and the password in the address";
    }
    if (text.contains("user name is empty") || text.contains("invalid auth token")) {
      return "Give the user and the password in the address";
    }
    if (text.contains("permission denied")) {
      return "Grant the user the right to read and write keys with the prefix " + EtcdKeys.PREFIX;
    }
    if (text.contains("space exceeded")) {
      return "Compact and defragment etcd, and disarm its alarm";
    }
    return text.contains("timed out") || text.contains("no leader") || text.contains("unavailable")
        ? "Check that a majority of etcd's members run; calls succeed again when they answer"
        : "See the server's log";
  }

  private static @Nullable String message(byte[] body) {
    try {
      JsonElement message =
          JsonParser.parseString(new String(body, UTF_8)).getAsJsonObject().get("message");
      return message == null ? null : message.getAsString();
    } catch (JsonParseException | IllegalStateException | UnsupportedOperationException e) {
      return null;
    }
  }

  /** The address, without credentials. */
  String name() {
    return name;
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
