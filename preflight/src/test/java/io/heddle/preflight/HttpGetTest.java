package io.heddle.preflight;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.TaskGroup;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A GET whose response may be anything. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
final class HttpGetTest {
  private final List<String> request = new ArrayList<>();

  /** Sends a GET to a server that sends these bytes and hangs up. */
  private HttpGet.Response get(String response, int maxBody) throws Exception {
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
        return HttpGet.send(socket, "example.org", "/path?query", maxBody);
      } finally {
        server.await();
      }
    }
  }

  private HttpGet.Response get(String response) throws Exception {
    return get(response, 1000);
  }

  @Test
  void sendsWhatAServerNeeds() throws Exception {
    get("HTTP/1.1 204 No Content\r\n\r\n");
    assertEquals(List.of("GET /path?query HTTP/1.1", "Host: example.org"), request.subList(0, 2));
    assertEquals("Connection: close", request.getLast());
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
    assertEquals(body.substring(0, some), new String(get(response, some).body(), UTF_8));
  }

  @Test
  void passesOverWhatComesBeforeTheResponse() throws Exception {
    HttpGet.Response response =
        get(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.0 404 No\r\nLocation: d\r\n\r\n");
    assertEquals(404, response.status());
    assertEquals("d", response.location());
  }

  @Test
  void readsNoMoreThanItWants() {
    String header = "X: " + "y".repeat(1000) + "\r\n";
    for (String endless :
        List.of(
            "HTTP/1.1 200 OK\r\n" + header.repeat(100),
            "HTTP/1.1 200 OK\r\n" + "X: y\r\n".repeat(2000) + "\r\n",
            "HTTP/1.1 100 Continue\r\n\r\n".repeat(100),
            "x".repeat(100_000))) {
      assertThrows(HttpGet.LimitException.class, () -> get(endless, 10));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\nA: b\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
      })
  void whatIsCutIsAnError(String response) {
    IOException failure = assertThrows(IOException.class, () -> get(response));
    assertTrue(
        failure instanceof ConnectionClosedException || failure instanceof EOFException,
        failure.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SSH-2.0-OpenSSH\r\n\r\n",
        "HTTP/1.1 000 None\r\n\r\n",
        "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc",
        "HTTP/2.0 200 OK\r\n\r\n",
      })
  void whatIsNoHttpIsAnError(String response) {
    assertThrows(IOException.class, () -> get(response));
  }
}
