package io.heddle.preflight;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.net.Socket;
import java.util.zip.GZIPInputStream;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentLengthStrategy;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpVersion;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.UnsupportedHttpVersionException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.DefaultContentLengthStrategy;
import org.apache.hc.core5.http.impl.io.ChunkedInputStream;
import org.apache.hc.core5.http.impl.io.ContentLengthInputStream;
import org.apache.hc.core5.http.impl.io.DefaultHttpResponseParser;
import org.apache.hc.core5.http.impl.io.IdentityInputStream;
import org.apache.hc.core5.http.impl.io.SessionInputBufferImpl;
import org.jspecify.annotations.Nullable;

/**
 * A GET on a connected socket to an untrusted server: the response is read only up to limits. The
 * caller limits the time, by an interrupt. HttpComponents parses the response; like a CA's parser,
 * it accepts lines that end with LF alone.
 */
final class HttpGet {
  /** Far more than any server needs, and small enough to be harmless. */
  private static final int MAX_HEAD = 64 * 1024;

  private static final int MAX_LINE = 16 * 1024;
  private static final int MAX_HEADERS = 1000;
  private static final int MAX_INTERIM = 10;
  private static final int MAX_PACKED = 64 * 1024;
  private static final int BUFFER = 4 * 1024;

  private static final Http1Config LIMITS =
      Http1Config.custom().setMaxLineLength(MAX_LINE).setMaxHeaderCount(MAX_HEADERS).build();

  private final SessionInputBufferImpl buffer = new SessionInputBufferImpl(BUFFER, MAX_LINE);
  private final Limited in;

  private HttpGet(InputStream in) {
    this.in = new Limited(in, MAX_HEAD + BUFFER, "bytes of headers", false);
  }

  /**
   * A response.
   *
   * @param location the target of a redirect; null if absent
   * @param body the body, up to the limit
   */
  record Response(int status, @Nullable String location, byte[] body) {}

  /** The response exceeds the limit. */
  static final class LimitException extends IOException {
    private static final long serialVersionUID = 1;

    LimitException(String message) {
      super(message);
    }
  }

  /**
   * Sends the request and reads the response. Decompresses a body that is compressed with gzip.
   *
   * @param authority the server's name, for {@code Host}
   * @param target path and query, encoded
   * @throws LimitException if the head of the response is too long
   * @throws IOException if the connection breaks, or the response is not HTTP
   */
  static Response send(Socket socket, String authority, String target, int maxBody)
      throws IOException {
    String request =
        """
        GET %s HTTP/1.1\r
        Host: %s\r
        User-Agent: heddle-preflight/1 (checks a challenge before a CA is asked)\r
        Accept: */*\r
        Accept-Encoding: gzip\r
        Connection: close\r
        \r
        """
            .formatted(target, authority);
    socket.getOutputStream().write(request.getBytes(ISO_8859_1));
    try {
      return new HttpGet(socket.getInputStream()).receive(maxBody);
    } catch (MessageConstraintException e) {
      throw new LimitException(
          "a line of more than %d bytes, or more than %d headers".formatted(MAX_LINE, MAX_HEADERS));
    } catch (HttpException | IllegalArgumentException e) { // the latter for a status of 0
      throw (ProtocolException)
          new ProtocolException("malformed response: " + e.getMessage()).initCause(e);
    }
  }

  private Response receive(int maxBody) throws IOException, HttpException {
    ClassicHttpResponse head = head();
    for (int interim = 0; head.getCode() < 200; interim++) {
      if (interim == MAX_INTERIM) {
        throw new LimitException("more than " + MAX_INTERIM + " responses before the response");
      }
      head = head();
    }
    in.left = Long.MAX_VALUE;
    in.mayEnd = true;
    boolean hasBody = head.getCode() != 204 && head.getCode() != 304;
    return new Response(
        head.getCode(),
        value(head.getFirstHeader("Location")),
        hasBody ? body(head).readNBytes(maxBody) : new byte[0]);
  }

  private ClassicHttpResponse head() throws IOException, HttpException {
    ClassicHttpResponse head = new DefaultHttpResponseParser(LIMITS).parse(buffer, in);
    if (HttpVersion.HTTP_2.lessEquals(head.getVersion())) {
      throw new UnsupportedHttpVersionException(head.getVersion());
    }
    return head;
  }

  private InputStream body(ClassicHttpResponse head) throws IOException, HttpException {
    long length = DefaultContentLengthStrategy.INSTANCE.determineLength(head);
    InputStream body =
        length >= 0
            ? new ContentLengthInputStream(buffer, in, length)
            : length == ContentLengthStrategy.CHUNKED
                ? new ChunkedInputStream(buffer, in, LIMITS)
                : new IdentityInputStream(buffer, in);
    return "gzip".equalsIgnoreCase(value(head.getFirstHeader("Content-Encoding")))
        ? new GZIPInputStream(new Limited(body, MAX_PACKED, "bytes to unpack", true))
        : body;
  }

  private static @Nullable String value(@Nullable Header header) {
    return header == null ? null : header.getValue();
  }

  /** Limits a stream. A truncated head is an error here, which the parser would accept. */
  private static final class Limited extends FilterInputStream {
    private final String message;
    private long left;
    private boolean mayEnd;

    Limited(InputStream in, long limit, String unit, boolean mayEnd) {
      super(in);
      this.mayEnd = mayEnd;
      this.left = limit;
      this.message = "more than " + limit + " " + unit;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (left == 0) {
        throw new LimitException(message);
      }
      int read = super.read(bytes, offset, (int) Math.min(length, left));
      if (read < 0 && !mayEnd) {
        throw new EOFException("the server closed the connection");
      }
      left -= Math.max(read, 0);
      return read;
    }
  }
}
