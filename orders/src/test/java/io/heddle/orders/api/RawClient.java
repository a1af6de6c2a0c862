package io.heddle.orders.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** A client that sends the given bytes unchanged. */
final class RawClient implements AutoCloseable {
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.1 (\\d{3})\\b");

  private final Socket socket;

  RawClient(InetSocketAddress server) throws IOException {
    this.socket = new Socket(server.getAddress(), server.getPort());
    socket.setSoTimeout(30_000);
  }

  RawClient send(String bytes) throws IOException {
    socket.getOutputStream().write(bytes.getBytes(ISO_8859_1));
    return this;
  }

  /** Sends, and says that nothing more will come. */
  RawClient sendLast(String bytes) throws IOException {
    send(bytes);
    socket.shutdownOutput();
    return this;
  }

  /** A line, without its end; what there is if the connection ends before. */
  String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c; (c = socket.getInputStream().read()) >= 0 && c != '\n'; ) {
      line.append((char) c);
    }
    return line.toString().stripTrailing();
  }

  /** The lines up to an empty one. */
  List<String> head() throws IOException {
    List<String> lines = new ArrayList<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      lines.add(line);
    }
    return lines;
  }

  String bytes(int length) throws IOException {
    return new String(socket.getInputStream().readNBytes(length), ISO_8859_1);
  }

  /** All up to the end of the connection. */
  String rest() throws IOException {
    return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
  }

  /** The statuses of all responses up to the end of the connection. */
  List<Integer> statuses() throws IOException {
    return STATUS
        .matcher(rest())
        .results()
        .map(status -> Integer.valueOf(status.group(1)))
        .toList();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
