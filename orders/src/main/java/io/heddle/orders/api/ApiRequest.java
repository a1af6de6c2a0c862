package io.heddle.orders.api;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.Fields;
import org.jspecify.annotations.Nullable;

/** A request whose head has arrived; its body is received only on demand. */
final class ApiRequest {
  /** How much of an unwanted body is discarded, so that the client reads the answer. */
  private static final int DISCARDED = 256 << 10;

  private final Request request;
  private final TimedConnector.Timer timer;
  private final int maxBody;
  private final Map<String, List<String>> query = new TreeMap<>();
  private boolean isReceived;

  /** Throws an exception that Jetty answers with status 400 if the query is malformed. */
  ApiRequest(Request request, TimedConnector.Timer timer, int maxBody) {
    this.request = request;
    this.timer = timer;
    this.maxBody = maxBody;
    for (Fields.Field field : Request.extractQueryParameters(request)) {
      query.put(field.getName(), field.getValues());
    }
    if (!hasBody()) {
      received();
    }
  }

  private boolean hasBody() {
    return request.getHeaders().contains(HttpHeader.TRANSFER_ENCODING)
        || request.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH) > 0;
  }

  private void received() {
    isReceived = true;
    timer.stop();
  }

  /** Whether the whole request has arrived. */
  boolean isReceived() {
    return isReceived;
  }

  /** The address of the client, or of the proxy before it. */
  InetAddress client() {
    SocketAddress address = request.getConnectionMetaData().getRemoteSocketAddress();
    return ((InetSocketAddress) address).getAddress();
  }

  /** Records that the client has sent a known token. */
  void letIn() {
    timer.letIn();
  }

  String method() {
    return request.getMethod();
  }

  /** The segments of the path, decoded. */
  List<String> path() {
    String path = request.getHttpURI().getDecodedPath();
    return Arrays.asList(path.substring(1).split("/", -1));
  }

  /**
   * The parameters of the query, decoded.
   *
   * @param known the allowed names
   * @throws ProblemException if there is another name, or if a name occurs twice: a client whose
   *     filter is ignored would get more than it asked for; also if a value contains a NUL
   */
  Map<String, String> query(String... known) throws ProblemException {
    Map<String, String> found = new HashMap<>();
    for (Map.Entry<String, List<String>> parameter : query.entrySet()) {
      String name = parameter.getKey();
      if (!List.of(known).contains(name)) {
        throw ProblemException.badQuery(
            "'"
                + name
                + "' is not known; "
                + (known.length == 0
                    ? "this address takes no parameters"
                    : "there is " + String.join(", ", known)));
      }
      if (parameter.getValue().size() > 1) {
        throw ProblemException.badQuery("'" + name + "' occurs twice");
      }
      if (parameter.getValue().getFirst().indexOf('\0') >= 0) { // PostgreSQL cannot store it
        throw ProblemException.badQuery("'" + name + "' contains a NUL character");
      }
      found.put(name, parameter.getValue().getFirst());
    }
    return found;
  }

  /** The value of a header, null if it is missing; several values are joined with commas. */
  @Nullable String header(String name) {
    List<String> values = request.getHeaders().getValuesList(name);
    return values.isEmpty() ? null : String.join(", ", values);
  }

  /**
   * Receives the body. It may be called only after the token has been checked, so that unknown
   * clients cannot make the server use this much memory.
   *
   * @throws IOException if it does not arrive, or violates HTTP
   */
  byte[] body() throws ProblemException, IOException {
    if (request.getLength() > maxBody) {
      throw tooLarge();
    }
    byte[] body = content().readNBytes(maxBody + 1);
    if (body.length > maxBody) {
      throw tooLarge();
    }
    received();
    return body;
  }

  private InputStream content() {
    return Content.Source.asInputStream(request);
  }

  private ProblemException tooLarge() {
    return new ProblemException(
        413, "too-large", "Too large", "the request is longer than " + maxBody + " bytes");
  }

  /**
   * Receives and discards the rest of the body: a client that is still sending when the connection
   * is closed would not see the answer. A client that sent {@code Expect: 100-continue} is not
   * asked to send.
   */
  void discard() throws IOException {
    if (!isReceived && !request.getHeaders().contains(HttpHeader.EXPECT)) {
      byte[] buffer = new byte[8 << 10];
      InputStream content = content();
      int left = DISCARDED;
      for (int read; left > 0 && (read = content.read(buffer)) >= 0; ) {
        left -= read;
      }
    }
  }
}
