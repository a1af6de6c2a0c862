package io.heddle.inspect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A missing part is reported on standard error, and the program continues. */
@Timeout(60)
@Tag("system")
final class InspectExtensionTest {
  /** Begins with these properties alone; returns what is printed. */
  private static String begin(Map<String, String> wanted) {
    Map<String, String> before = new HashMap<>();
    for (String name :
        new String[] {
          "heddle.inspect", "heddle.inspect.token", "heddle.trace", "heddle.trace.bytes"
        }) {
      before.put(name, System.getProperty(name));
      set(name, wanted.get(name));
    }
    PrintStream error = System.err;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setErr(new PrintStream(printed, true, UTF_8));
    try {
      new InspectExtension().begin();
    } finally {
      System.setErr(error);
      before.forEach(InspectExtensionTest::set);
    }
    return printed.toString(UTF_8).strip();
  }

  private static void set(String name, String value) {
    if (value == null) {
      System.clearProperty(name);
    } else {
      System.setProperty(name, value);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "heddle.inspect | 0.0.0.0:6060 | the page is served on the loopback address only; use 127.0.0.1:PORT",
        "heddle.inspect | here | no address with a port; use 127.0.0.1:PORT",
        "heddle.trace | /dev/null/traces | cannot write to this folder: Not a directory; use another folder",
        "heddle.trace | /dev/null | cannot write to this folder: it is a file; use another folder"
      })
  void aValueThatCannotBeUsedHasNoEffect(String property, String value, String reason) {
    String printed = begin(Map.of(property, value));
    assertTrue(
        printed.startsWith("heddle: " + property + "=" + value + " has no effect: " + reason),
        printed);
    assertEquals(1, printed.lines().count(), printed);
  }

  @Test
  void aBadSizeHasNoEffect() {
    String printed = begin(Map.of("heddle.trace", "on", "heddle.trace.bytes", "4M"));
    assertTrue(
        printed.endsWith(
            "has no effect: heddle.trace.bytes=4M: use a number of bytes from 16384 to 268435456"),
        printed);
  }

  @Test
  void aBadTokenIsExplained() {
    String printed =
        begin(Map.of("heddle.inspect", "127.0.0.1:0", "heddle.inspect.token", "secret"));
    assertTrue(printed.contains("the token must have at least 16"), printed);
  }

  @Test
  void aPortInUseIsExplained() throws Exception {
    try (ServerSocket other =
        new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
      String address = "127.0.0.1:" + other.getLocalPort();
      String printed = begin(Map.of("heddle.inspect", address));
      assertTrue(
          printed.startsWith(
              "heddle: heddle.inspect=" + address + " has no effect: cannot listen on " + address),
          printed);
      assertTrue(printed.endsWith("choose another port, or 0 for any that is free"), printed);
    }
  }
}
