package io.heddle.orders;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.format.DateTimeFormatter.RFC_1123_DATE_TIME;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Mutex;
import io.heddle.WaitGroup;
import io.heddle.local.Pebble;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Stands before the real Pebble and answers some requests in its place, as a CA with limits and
 * rules does that Pebble has not. All others it hands through.
 */
public final class CaProxy implements AutoCloseable {
  private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: *([0-9]+) *\r\n");
  private static final Pattern DATE = Pattern.compile("(?<=\r\nDate: )[^\r]+");
  private static final Pattern NONCE = Pattern.compile("(?<=\r\nReplay-Nonce: )[^\r]+");
  private static final Pattern EXPIRES = Pattern.compile("(?<=\"expires\": \")[^\"]+");

  /** Where Pebble wants to be asked for a new order. */
  private static final String NEW_ORDER = "/order-plz";

  private final Pebble pebble;
  private final Duration off;
  private final Rule rule;
  private final @Nullable OpenOrders open;
  private final Mutex placing = new Mutex();
  private final ServerSocket listener;
  private final WaitGroup connections = new WaitGroup();
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final Goroutine<?> accepting;
  private final List<String> refused = new CopyOnWriteArrayList<>();

  /** What is answered in Pebble's place. */
  public interface Rule {
    /**
     * Looks at a request.
     *
     * @param path of the request
     * @param payload its signed content, empty if it has no content
     * @return the answer, from its status line on; null to hand the request through
     */
    String answer(String path, String payload);
  }

  public CaProxy(Pebble pebble, Rule rule) throws IOException {
    this(pebble, Duration.ZERO, rule);
  }

  /** A CA whose clock is off by some time. */
  public CaProxy(Pebble pebble, Duration off, Rule rule) throws IOException {
    this(pebble, off, rule, null);
  }

  /**
   * A CA that answers a new order with the account's open order for the same names, as Boulder does
   * and Pebble does not.
   */
  public static CaProxy reusing(Pebble pebble) throws IOException {
    return new CaProxy(pebble, Duration.ZERO, (_, _) -> null, new OpenOrders());
  }

  private CaProxy(Pebble pebble, Duration off, Rule rule, @Nullable OpenOrders open)
      throws IOException {
    this.open = open;
    this.pebble = pebble;
    this.off = off;
    this.rule = rule;
    this.listener =
        pebble
            .serving()
            .getServerSocketFactory()
            .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    this.accepting = Go.go(this::accept);
  }

  /** A problem document (RFC 8555, section 6.7), with more headers if there are any. */
  public static String problem(int status, String type, String detail, String... headers) {
    JsonObject body = new JsonObject();
    body.addProperty("type", Problem.ACME + type);
    body.addProperty("detail", detail);
    body.addProperty("status", status);
    String more = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
    String text = body.toString();
    return "HTTP/1.1 %d No\r\nContent-Type: application/problem+json\r\nContent-Length: %d\r\n%sConnection: close\r\n\r\n%s"
        .formatted(status, text.getBytes(UTF_8).length, more, text);
  }

  /** The CA's directory as its clients should see it. */
  public URI directory() {
    return URI.create("https://localhost:" + listener.getLocalPort() + "/dir");
  }

  /** The paths that were answered in Pebble's place. */
  public List<String> refused() {
    return refused;
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        connections.go(() -> serve(client));
      } catch (IOException e) {
        // closed, or a client that gave up in the middle of a handshake
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      untilClosed(client);
      InputStream in = client.getInputStream();
      String head = head(in);
      Matcher length = LENGTH.matcher(head);
      int size = length.find() ? Integer.parseInt(length.group(1)) : 0;
      byte[] body = in.readNBytes(size);
      if (body.length < size) {
        throw new IOException("the client went away; Pebble would wait for the rest");
      }
      String path = head.split(" ", 3)[1];
      String payload = payload(body);
      if (open != null) {
        open.asked(path, payload);
      }
      String answer = rule.answer(path, payload);
      if (answer == null && (path.equals(NEW_ORDER) || payload.contains("\"deactivated\""))) {
        change(path, head, body, client.getOutputStream());
      } else if (answer == null) {
        handThrough(head, body, client.getOutputStream());
      } else {
        refused.add(path);
        String date = "\r\nDate: " + RFC_1123_DATE_TIME.format(now()) + "\r\n";
        client.getOutputStream().write(answer.replaceFirst("\r\n", date).getBytes(UTF_8));
      }
    } catch (IOException | InterruptedException | RuntimeException e) {
      // whoever asked sees that there is no answer
    } finally {
      sockets.remove(client);
    }
  }

  /** Has closing the proxy end what reads from a socket, now or later. */
  private void untilClosed(Socket socket) throws IOException {
    sockets.add(socket);
    if (listener.isClosed()) {
      throw new IOException("the proxy is closed");
    }
  }

  /** Request line and headers of a request, with the empty line after them. */
  public static String head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!head.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("no request");
      }
      head.write(next);
    }
    return head.toString(ISO_8859_1);
  }

  private static String payload(byte[] body) {
    if (body.length == 0) {
      return "";
    }
    JsonObject signed = JsonParser.parseString(new String(body, UTF_8)).getAsJsonObject();
    return new String(Base64.getUrlDecoder().decode(signed.get("payload").getAsString()), UTF_8);
  }

  /**
   * One new order or deactivation at a time: Pebble 2.6 can come to a deadlock over two, as one of
   * its goroutines locks an authorization and then the store of all, another the store and then the
   * authorization.
   */
  private void change(String path, String head, byte[] body, OutputStream out)
      throws IOException, InterruptedException {
    placing.lock();
    try {
      String again =
          open != null && path.equals(NEW_ORDER) ? open.find(account(body), payload(body)) : null;
      if (again == null) {
        handThrough(head, body, out);
      } else {
        out.write(
            again
                .replaceFirst("\r\n", "\r\nReplay-Nonce: " + nonce() + "\r\n")
                .getBytes(ISO_8859_1));
      }
    } finally {
      placing.unlock();
    }
  }

  /** The account that signed a request. */
  private static String account(byte[] body) {
    JsonObject signed = JsonParser.parseString(new String(body, UTF_8)).getAsJsonObject();
    String header = signed.get("protected").getAsString();
    return JsonParser.parseString(new String(Base64.getUrlDecoder().decode(header), UTF_8))
        .getAsJsonObject()
        .get("kid")
        .getAsString();
  }

  private String nonce() throws IOException {
    String asked = "HEAD /nonce-plz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    Matcher nonce = NONCE.matcher(exchange(asked, new byte[0]));
    if (!nonce.find()) {
      throw new IOException("no nonce");
    }
    return nonce.group();
  }

  private String exchange(String head, byte[] body) throws IOException {
    try (Socket server =
        pebble
            .trust()
            .getSocketFactory()
            .createSocket(InetAddress.getLoopbackAddress(), pebble.directory().getPort())) {
      try {
        untilClosed(server);
        server.getOutputStream().write(head.getBytes(ISO_8859_1));
        server.getOutputStream().write(body);
        return new String(server.getInputStream().readAllBytes(), ISO_8859_1);
      } finally {
        sockets.remove(server);
      }
    }
  }

  private void handThrough(String head, byte[] body, OutputStream out) throws IOException {
    // Its Host stays, as the addresses that Pebble tells are made of that.
    String once = head.substring(0, head.length() - 2) + "Connection: close\r\n\r\n";
    String answer = exchange(once, body);
    answer = DATE.matcher(answer).replaceFirst(RFC_1123_DATE_TIME.format(now()));
    answer = EXPIRES.matcher(answer).replaceAll(time -> Instant.parse(time.group()).plus(off) + "");
    if (open != null) {
      open.answered(head.split(" ", 3)[1], body, answer);
    }
    out.write(answer.getBytes(ISO_8859_1));
  }

  private ZonedDateTime now() {
    return Instant.now().plus(off).atZone(ZoneOffset.UTC);
  }

  /** Ends the requests that are under way: a CA that hangs would never answer them. */
  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket one : sockets) {
      one.close();
    }
    try {
      accepting.join();
      connections.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * The open orders of all accounts, by what is asked for and answered. An order is open no more
   * when it is finalized, or when one of its authorizations is deactivated or invalid.
   */
  private static final class OpenOrders {
    private static final Pattern INVALID = Pattern.compile("\"status\": \"(invalid|deactivated)\"");

    private final Map<String, Opened> orders = new ConcurrentHashMap<>();

    private record Opened(String answer, List<String> parts) {}

    private static String key(String account, String payload) {
      Set<String> names = new TreeSet<>();
      for (JsonElement one :
          JsonParser.parseString(payload).getAsJsonObject().getAsJsonArray("identifiers")) {
        names.add(one.getAsJsonObject().get("value").getAsString());
      }
      return account + " " + names;
    }

    String find(String account, String payload) {
      Opened opened = orders.get(key(account, payload));
      return opened == null ? null : opened.answer;
    }

    void asked(String path, String payload) {
      if (path.startsWith("/finalize") || payload.contains("deactivated")) {
        forget(path);
      }
    }

    private void forget(String path) {
      orders.values().removeIf(one -> one.parts.stream().anyMatch(part -> part.endsWith(path)));
    }

    void answered(String path, byte[] body, String answer) {
      if (INVALID.matcher(answer).find()) {
        forget(path);
      }
      int end = answer.indexOf("\r\n\r\n");
      if (path.equals(NEW_ORDER) && answer.startsWith("HTTP/1.1 201") && end > 0) {
        JsonObject order = JsonParser.parseString(answer.substring(end)).getAsJsonObject();
        List<String> parts = new ArrayList<>(List.of(order.get("finalize").getAsString()));
        order.getAsJsonArray("authorizations").forEach(one -> parts.add(one.getAsString()));
        String kept = answer.replaceFirst("Replay-Nonce: [^\r]+\r\n", "");
        orders.put(key(account(body), payload(body)), new Opened(kept, List.copyOf(parts)));
      }
    }
  }
}
