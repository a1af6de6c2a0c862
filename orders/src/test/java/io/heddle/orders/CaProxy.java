package io.heddle.orders;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.format.DateTimeFormatter.RFC_1123_DATE_TIME;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Mutex;
import io.heddle.WaitGroup;
import io.heddle.orders.local.Pebble;
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
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Stands before the real Pebble and answers some requests in its place, as a CA with limits and
 * rules does that Pebble has not. All others it hands through.
 */
public final class CaProxy implements AutoCloseable {
  private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: *([0-9]+) *\r\n");
  private static final Pattern DATE = Pattern.compile("(?<=\r\nDate: )[^\r]+");
  private static final Pattern EXPIRES = Pattern.compile("(?<=\"expires\": \")[^\"]+");

  /** Where Pebble wants to be asked for a new order. */
  private static final String NEW_ORDER = "/order-plz";

  private final Pebble pebble;
  private final Duration off;
  private final Rule rule;
  private final Mutex placing = new Mutex();
  private final ServerSocket listener;
  private final WaitGroup connections = new WaitGroup();
  private final Goroutine accepting;
  private final List<String> refused = new CopyOnWriteArrayList<>();

  /** What is answered in Pebble's place. */
  public interface Rule {
    /**
     * Looks at a request.
     *
     * @param path of the request
     * @param payload what its signed content is, empty if there is none
     * @return the answer, from its status line on; null to hand the request through
     */
    String answer(String path, String payload);
  }

  public CaProxy(Pebble pebble, Rule rule) throws IOException {
    this(pebble, Duration.ZERO, rule);
  }

  /** A CA whose clock is off by some time. */
  public CaProxy(Pebble pebble, Duration off, Rule rule) throws IOException {
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
      InputStream in = client.getInputStream();
      String head = head(in);
      Matcher length = LENGTH.matcher(head);
      int size = length.find() ? Integer.parseInt(length.group(1)) : 0;
      byte[] body = in.readNBytes(size);
      if (body.length < size) {
        throw new IOException("the client went away; Pebble would wait for the rest");
      }
      String path = head.split(" ", 3)[1];
      String answer = rule.answer(path, payload(body));
      if (answer == null && path.equals(NEW_ORDER)) {
        place(head, body, client.getOutputStream());
      } else if (answer == null) {
        handThrough(head, body, client.getOutputStream());
      } else {
        refused.add(path);
        String date = "\r\nDate: " + RFC_1123_DATE_TIME.format(now()) + "\r\n";
        client.getOutputStream().write(answer.replaceFirst("\r\n", date).getBytes(UTF_8));
      }
    } catch (IOException | InterruptedException | RuntimeException e) {
      // whoever asked sees that there is no answer
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
   * One new order at a time: Pebble 2.6 can come to a deadlock over two, as one of its goroutines
   * locks an authorization and then the store of all, another the store and then the authorization.
   */
  private void place(String head, byte[] body, OutputStream out)
      throws IOException, InterruptedException {
    placing.lock();
    try {
      handThrough(head, body, out);
    } finally {
      placing.unlock();
    }
  }

  private void handThrough(String head, byte[] body, OutputStream out) throws IOException {
    try (Socket server =
        pebble
            .trust()
            .getSocketFactory()
            .createSocket(InetAddress.getLoopbackAddress(), pebble.directory().getPort())) {
      // Its Host stays, as the addresses that Pebble tells are made of that.
      String once = head.substring(0, head.length() - 2) + "Connection: close\r\n\r\n";
      server.getOutputStream().write(once.getBytes(ISO_8859_1));
      server.getOutputStream().write(body);
      String answer = new String(server.getInputStream().readAllBytes(), ISO_8859_1);
      answer = DATE.matcher(answer).replaceFirst(RFC_1123_DATE_TIME.format(now()));
      answer =
          EXPIRES.matcher(answer).replaceAll(time -> Instant.parse(time.group()).plus(off) + "");
      out.write(answer.getBytes(ISO_8859_1));
    }
  }

  private ZonedDateTime now() {
    return Instant.now().plus(off).atZone(ZoneOffset.UTC);
  }

  @Override
  public void close() throws IOException {
    listener.close();
    try {
      accepting.join();
      connections.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
