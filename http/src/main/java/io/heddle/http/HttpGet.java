package io.heddle.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/**
 * A GET on a socket that is opened for it and closed after it, of a server that nobody trusts: the
 * response is read up to limits and no further. Time is the caller's to limit, by closing the
 * socket or interrupting the goroutine.
 */
public final class HttpGet {
  private static final int MAX_LINE = 16 * 1024;
  private static final int MAX_HEADERS = 1000;
  private static final int MAX_PACKED = 64 * 1024;

  private final String headers;
  private final int maxHead;
  private final int maxBody;

  /**
   * A response.
   *
   * @param status the HTTP status
   * @param headers the headers, their names in lower case
   * @param body the body, or as much of it as is read at most
   */
  public record Response(int status, Map<String, String> headers, byte[] body) {}

  /**
   * Prepares a GET.
   *
   * @param headers what to send besides {@code Host}
   * @param maxHead how many bytes the status line may have, and the headers together
   * @param maxBody how many bytes of the body to read at most
   * @throws IllegalArgumentException if a header has a line break
   */
  public HttpGet(Map<String, String> headers, int maxHead, int maxBody) {
    StringBuilder lines = new StringBuilder();
    headers.forEach((name, value) -> lines.append(line(name + ": " + value)));
    this.headers = lines.toString();
    this.maxHead = maxHead;
    this.maxBody = maxBody;
  }

  /**
   * Sends the request and reads the response.
   *
   * @param socket connected to the server
   * @param authority what the server is called, for {@code Host}
   * @param target path and query, encoded
   * @return the response; a body that is compressed with gzip is unpacked
   * @throws LimitException if status line and headers are too long
   * @throws IOException if the connection breaks, or this is no HTTP
   * @throws IllegalArgumentException if authority or target have a line break
   */
  public Response send(Socket socket, String authority, String target) throws IOException {
    String head = line("GET " + target + " HTTP/1.1") + line("Host: " + authority) + headers;
    socket.getOutputStream().write((head + "\r\n").getBytes(ISO_8859_1));
    HttpLimits limits = new HttpLimits(Math.min(maxHead, MAX_LINE), MAX_HEADERS, maxHead, 0);
    HttpInput in = new HttpInput(socket.getInputStream(), limits, true);
    HttpInput.Head response = in.responseHead();
    Map<String, String> received = response.headers();
    byte[] body = {};
    if (HttpAnswer.Response.hasBody(response.status())) {
      Framing framing = Framing.of(received, Long.MAX_VALUE, new Framing.UntilEnd());
      InputStream stream = new HttpBody(in, framing);
      boolean isPacked = "gzip".equalsIgnoreCase(received.get("content-encoding"));
      body = (isPacked ? new GZIPInputStream(new Head(stream)) : stream).readNBytes(maxBody);
    }
    return new Response(response.status(), received, body);
  }

  /** As much as anybody needs to unpack a little: the format's own header has no limit. */
  private static final class Head extends FilterInputStream {
    private int left = MAX_PACKED;

    Head(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (left == 0) {
        throw new LimitException(413, "more than " + MAX_PACKED + " bytes to unpack");
      }
      int read = super.read(bytes, offset, Math.min(length, left));
      left -= Math.max(read, 0);
      return read;
    }
  }

  private static String line(String text) {
    if (text.indexOf('\r') >= 0 || text.indexOf('\n') >= 0) {
      throw new IllegalArgumentException("a line break in a line of a request");
    }
    return text + "\r\n";
  }
}
