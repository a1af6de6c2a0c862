package io.heddle.orders.api;

import java.io.IOException;
import java.io.InputStream;
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

/** A request whose head has arrived; its body is received only when it is asked for. */
final class ApiRequest {
  /** How much of an unwanted body is discarded, so that the client reads the answer. */
  private static final int DISCARDED = 256 << 10;

  private final Request request;
  private final TimedConnector.Timer timer;
  private final int maxBody;
  private final Map<String, List<String>> query = new TreeMap<>();
  private boolean isReceived;

  /** Throws what Jetty answers with status 400 if the query is not well encoded. */
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

  /** Whether all of it has arrived. */
  boolean isReceived() {
    return isReceived;
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
   * @param known the names that there are
   * @throws ProblemException if there is another one, or one is there twice: whoever sends a filter
   *     that is ignored gets more than was asked for
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
        throw ProblemException.badQuery("'" + name + "' is there twice");
      }
      found.put(name, parameter.getValue().getFirst());
    }
    return found;
  }

  /** The value of a header, null if there is none; of several with one name all, with commas. */
  @Nullable String header(String name) {
    List<String> values = request.getHeaders().getValuesList(name);
    return values.isEmpty() ? null : String.join(", ", values);
  }

  /**
   * Receives the body. So much memory is used for a client whose token is known, and not before.
   *
   * @throws IOException if it does not arrive, or is not as HTTP requires
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
   * Receives and drops what is left of the body: a client that is still sending when the connection
   * is closed would not see the answer. A client that waits for leave to send does not get it.
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
