package io.heddle.inspect;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * The live page and what it asks for, on the loopback address. Its threads are platform threads
 * that take part in nothing they show.
 */
final class InspectServer implements AutoCloseable {
  /** More requests than this wait. Recording a trace takes one for as long. */
  private static final int THREADS = 8;

  private static final Map<String, String> FILES =
      Map.of(
          "/", "page.html",
          "/page.js", "page.js",
          "/page.css", "page.css");

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "css", "text/css; charset=utf-8");

  private final HttpServer server;
  private final ExecutorService threads;
  private final Access access;
  private final Api api;
  private final String token;

  /** What a request is answered with. */
  @SuppressWarnings("ArrayRecordComponent") // it is sent, and not compared
  record Answer(int status, String type, byte[] body, @Nullable String fileName) {
    static Answer text(int status, String text) {
      return new Answer(status, "text/plain; charset=utf-8", (text + "\n").getBytes(UTF_8), null);
    }

    static Answer json(String json) {
      return new Answer(200, "application/json", json.getBytes(UTF_8), null);
    }

    static Answer file(String name, String type, byte[] body) {
      return new Answer(200, type, body, name);
    }
  }

  private InspectServer(InetSocketAddress address, String token) throws IOException {
    this.token = token;
    server = HttpServer.create(address, 0);
    access = new Access(token, server.getAddress().getPort());
    api = new Api();
    ThreadGroup group = Thread.currentThread().getThreadGroup();
    ThreadFactory factory =
        task -> {
          Thread thread = new Thread(group, task, "heddle-inspect-http", 0, false);
          thread.setDaemon(true);
          return thread;
        };
    threads = Executors.newFixedThreadPool(THREADS, factory);
    server.setExecutor(threads);
    server.createContext("/", this::serve);
    server.start();
  }

  /**
   * Starts a server.
   *
   * @param address such as 127.0.0.1:6060; port 0 for any that is free
   * @param token null for a random one
   * @throws IllegalArgumentException if the address or the token is not permitted
   * @throws IOException if the port cannot be used
   */
  static InspectServer start(String address, @Nullable String token) throws IOException {
    if (token != null && !token.matches("[A-Za-z0-9_-]{" + Access.LEAST_TOKEN + ",}")) {
      throw new IllegalArgumentException(
          "the token must have at least "
              + Access.LEAST_TOKEN
              + " letters, digits, '-' or '_'; leave heddle.inspect.token out for a random one");
    }
    InetSocketAddress parsed = parse(address);
    try {
      return new InspectServer(parsed, token == null ? Access.newToken() : token);
    } catch (IOException e) {
      throw new IOException(
          "cannot listen on "
              + address
              + ": "
              + e.getMessage()
              + "; choose another port, or 0 for any that is free",
          e);
    }
  }

  private static InetSocketAddress parse(String address) {
    String use = "use 127.0.0.1:PORT";
    int colon = address.lastIndexOf(':');
    if (colon <= 0) {
      throw new IllegalArgumentException("no address with a port; " + use);
    }
    int port;
    try {
      port = Integer.parseInt(address.substring(colon + 1));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "'" + address.substring(colon + 1) + "' is not a port; " + use, e);
    }
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException(port + " is not a port; " + use);
    }
    InetAddress host =
        switch (address.substring(0, colon)) {
          case "127.0.0.1", "localhost" -> loopback(127, 0, 0, 1);
          case "[::1]" -> loopback(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
          default ->
              throw new IllegalArgumentException(
                  "the page is served on the loopback address only; "
                      + use
                      + ", and from another computer a tunnel: ssh -L PORT:127.0.0.1:PORT HOST");
        };
    return new InetSocketAddress(host, port);
  }

  private static InetAddress loopback(int... address) {
    byte[] bytes = new byte[address.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) address[i];
    }
    try {
      return InetAddress.getByAddress(bytes);
    } catch (java.net.UnknownHostException e) {
      throw new AssertionError("4 or 16 bytes", e);
    }
  }

  /** Where a browser opens the page. It does not send what follows the number sign. */
  String url() {
    InetSocketAddress address = server.getAddress();
    String host = address.getAddress() instanceof java.net.Inet6Address ? "[::1]" : "127.0.0.1";
    return "http://" + host + ":" + address.getPort() + "/#token=" + token;
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      Answer answer;
      try {
        answer = answer(exchange);
      } catch (IllegalArgumentException e) {
        answer = Answer.text(400, String.valueOf(e.getMessage()));
      } catch (IllegalStateException e) {
        answer = Answer.text(409, String.valueOf(e.getMessage()));
      } catch (IOException e) {
        answer = Answer.text(500, "failed: " + e.getMessage());
      } catch (InterruptedException e) {
        answer = Answer.text(503, "the program ends");
      } catch (RuntimeException | VirtualMachineError e) {
        answer = Answer.text(500, "failed: " + e);
      }
      send(exchange, answer);
    }
  }

  private Answer answer(HttpExchange exchange) throws IOException, InterruptedException {
    Headers headers = exchange.getRequestHeaders();
    String refusal =
        access.refusalOfSender(
            headers.getFirst("Host"),
            headers.getFirst("Origin"),
            headers.getFirst("Sec-Fetch-Site"));
    String path = exchange.getRequestURI().getPath();
    if (refusal != null && !isNavigation(headers, path)) {
      return Answer.text(403, refusal);
    }
    String file = FILES.get(path);
    String method = exchange.getRequestMethod();
    if (file != null && method.equals("GET")) {
      return file(file);
    }
    Map<String, String> parameters = parameters(exchange.getRequestURI().getRawQuery());
    if (!access.hasToken(headers.getFirst("Authorization"), parameters.get("token"))) {
      return Answer.text(
          403,
          "the token is missing or wrong: open the address that the program has printed, or add"
              + " ?token=TOKEN");
    }
    return api.answer(method, path, parameters);
  }

  /** Whether a link on another site, which the user has clicked, leads to the page itself. */
  private boolean isNavigation(Headers headers, String path) {
    return path.equals("/")
        && "navigate".equals(headers.getFirst("Sec-Fetch-Mode"))
        && access.refusalOfSender(headers.getFirst("Host"), headers.getFirst("Origin"), null)
            == null;
  }

  private static Answer file(String name) throws IOException {
    try (InputStream in = InspectServer.class.getResourceAsStream(name)) {
      if (in == null) {
        return Answer.text(404, "no file " + name);
      }
      String type = TYPES.getOrDefault(name.substring(name.lastIndexOf('.') + 1), "text/plain");
      return new Answer(200, type, in.readAllBytes(), null);
    }
  }

  static Map<String, String> parameters(@Nullable String query) {
    Map<String, String> parameters = new HashMap<>();
    if (query != null) {
      for (String pair : query.split("&", -1)) {
        int equals = pair.indexOf('=');
        if (equals > 0) {
          parameters.put(
              URLDecoder.decode(pair.substring(0, equals), UTF_8),
              URLDecoder.decode(pair.substring(equals + 1), UTF_8));
        }
      }
    }
    return parameters;
  }

  private static void send(HttpExchange exchange, Answer answer) throws IOException {
    Headers headers = exchange.getResponseHeaders();
    headers.set("Content-Type", answer.type);
    headers.set("Cache-Control", "no-store");
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Referrer-Policy", "no-referrer");
    headers.set("Cross-Origin-Resource-Policy", "same-origin");
    headers.set(
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
            + " img-src 'self' blob:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'");
    if (answer.fileName != null) {
      headers.set("Content-Disposition", "attachment; filename=\"" + answer.fileName + '"');
    }
    exchange.sendResponseHeaders(answer.status, answer.body.length == 0 ? -1 : answer.body.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(answer.body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
