package io.heddle.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.heddle.TaskGroup;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ProtocolException;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A GET whose response may be anything. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
final class HttpGetTest {
  private final List<String> request = new ArrayList<>();

  /** Sends a GET to a server that sends these bytes and hangs up. */
  private HttpGet.Response get(String response, int maxHead, int maxBody) throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      TaskGroup<Void> server = new TaskGroup<>();
      server.go(() -> {
        try (Socket socket = listener.accept()) {
          var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), ISO_8859_1));
          for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
            request.add(line);
          }
          socket.getOutputStream().write(response.getBytes(ISO_8859_1));
        } catch (IOException e) {
          // the client has read enough
        }
      });
      try (Socket socket = new Socket(listener.getInetAddress(), listener.getLocalPort())) {
        return new HttpGet(Map.of("X-Test", "yes"), maxHead, maxBody)
            .send(socket, "example.org", "/path?query");
      } finally {
        server.await();
      }
    }
  }

  private HttpGet.Response get(String response) throws Exception {
    return get(response, 1000, 1000);
  }

  @Test
  void sendsWhatAServerNeeds() throws Exception {
    get("HTTP/1.1 204 No Content\r\n\r\n");
    assertEquals(List.of("GET /path?query HTTP/1.1", "Host: example.org", "X-Test: yes"), request);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Content-Length: 3 | abcdef | abc",
        "X: y | abcdef | abcdef",
        "Transfer-Encoding: chunked | 3;e=f~abc~A~defghijklm~0~X: y~~ | abcdefghijklm",
        "Transfer-Encoding: chunked | 0~~ | ''",
      })
  void readsTheBodyHoweverItIsFramed(String header, String bytes, String body) throws Exception {
    String response = "HTTP/1.1 200 OK\r\n" + header + "\r\n\r\n" + bytes.replace("~", "\r\n");
    assertEquals(body, new String(get(response).body(), UTF_8));
    int some = Math.min(2, body.length());
    assertEquals(body.substring(0, some), new String(get(response, 1000, some).body(), UTF_8));
  }

  @Test
  void passesOverWhatComesBeforeTheResponse() throws Exception {
    HttpGet.Response response =
        get(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.0 404 No\r\nC: d\r\n\r\n");
    assertEquals(404, response.status());
    assertEquals(Map.of("c", "d"), response.headers());
  }

  @Test
  void readsNoMoreThanItWants() {
    String header = "X: " + "y".repeat(100) + "\r\n";
    assertThrows(
        LimitException.class, () -> get("HTTP/1.1 200 OK\r\n" + header.repeat(100), 1000, 10));
    assertThrows(
        LimitException.class, () -> get("HTTP/1.1 100 Continue\r\n\r\n".repeat(100), 1000, 10));
    assertThrows(LimitException.class, () -> get("x".repeat(100_000), 200_000, 10));
  }

  @Test
  void whatIsCutOrNoHttpIsAnError() {
    assertThrows(EOFException.class, () -> get(""));
    assertThrows(EOFException.class, () -> get("HTTP/1.1 200 OK\r\nA: b\r\n"));
    assertThrows(EOFException.class, () -> get("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"));
    assertThrows(ProtocolException.class, () -> get("SSH-2.0-OpenSSH\r\n\r\n"));
    assertThrows(
        ProtocolException.class,
        () -> get("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n"));
  }

  @Test
  void noLineBreakGetsIntoTheRequest() {
    assertThrows(
        IllegalArgumentException.class, () -> new HttpGet(Map.of("A", "b\r\nC: d"), 10, 10));
    HttpGet get = new HttpGet(Map.of(), 10, 10);
    assertThrows(
        IllegalArgumentException.class, () -> get.send(new Socket(), "h", "/ HTTP/1.1\r\nA: b"));
  }
}
