package io.heddle.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpServer;
import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.WaitGroup;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/** The command as people call it, with a name server and a web server of this machine. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
final class OrdersCheckCommandTest {
  private final CancelContext context = Context.background().withCancel();
  private final WaitGroup goroutines = new WaitGroup();
  private DatagramSocket dns;
  private HttpServer web;

  private record Result(int status, String out, String err) {}

  @BeforeEach
  void start() throws IOException {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    dns = new DatagramSocket(0, loopback);
    goroutines.go(context, this::resolve);
    web = HttpServer.create(new InetSocketAddress(loopback, 0), 0);
    web.createContext(
        "/",
        exchange -> {
          boolean isThere = exchange.getRequestURI().getPath().endsWith("/token");
          byte[] body = (isThere ? "token.thumbprint" : "").getBytes(UTF_8);
          exchange.sendResponseHeaders(isThere ? 200 : 404, isThere ? body.length : -1);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    web.start();
  }

  @AfterEach
  void stop() throws InterruptedException {
    context.cancel();
    dns.close();
    goroutines.await();
    web.stop(0);
  }

  /** All names have one address. */
  private void resolve() {
    byte[] buffer = new byte[4096];
    while (!context.isDone()) {
      try {
        DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
        dns.receive(packet);
        Message query = new Message(Arrays.copyOf(buffer, packet.getLength()));
        Record question = query.getQuestion();
        Message answer = new Message(query.getHeader().getID());
        answer.getHeader().setFlag(Flags.QR);
        answer.addRecord(question, Section.QUESTION);
        if (question.getType() == Type.A) {
          answer.addRecord(
              new ARecord(question.getName(), DClass.IN, 60, dns.getLocalAddress()),
              Section.ANSWER);
        }
        byte[] wire = answer.toWire();
        dns.send(new DatagramPacket(wire, wire.length, packet.getSocketAddress()));
      } catch (IOException e) {
        return;
      }
    }
  }

  private Result check(String... arguments) {
    List<String> all = new ArrayList<>(List.of("orders", "check"));
    all.addAll(List.of(arguments));
    PrintStream outBefore = System.out;
    PrintStream errBefore = System.err;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    try (PrintStream newOut = new PrintStream(out, true, UTF_8);
        PrintStream newErr = new PrintStream(err, true, UTF_8)) {
      System.setOut(newOut);
      System.setErr(newErr);
      int status = Main.run(all.toArray(String[]::new));
      return new Result(status, out.toString(UTF_8), err.toString(UTF_8));
    } finally {
      System.setOut(outBefore);
      System.setErr(errBefore);
    }
  }

  private Result checkHere(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    int port = web.getAddress().getPort();
    all.addAll(
        List.of(
            "--resolver",
            "127.0.0.1:" + dns.getLocalPort(),
            "--test-allow-loopback",
            "--test-ports",
            port + "," + port + ",53",
            "--timeout",
            "60s"));
    return check(all.toArray(String[]::new));
  }

  @Test
  void theAnswerThatIsThereIsReady() {
    Result result = checkHere("example.org=token.thumbprint", "--type", "http-01");
    assertEquals(0, result.status(), result.toString());
    assertTrue(result.out().startsWith("example.org: ready"), result.out());
  }

  @Test
  void theAnswerThatIsMissingIsNotYetAndTheTraceSaysWhatWasSeen() {
    Result result =
        checkHere(
            "example.org", "--token", "other", "--thumbprint", "thumbprint", "--type", "http-01");
    assertEquals(3, result.status(), result.toString());
    assertTrue(result.out().contains("http-01      NOT YET: 127.0.0.1: Invalid response"));
    assertTrue(result.out().contains("A example.org at 127.0.0.1"), result.out());
    assertTrue(result.out().contains("connect to example.org at 127.0.0.1"), result.out());
  }

  @Test
  void withoutAKeyAuthorizationItSaysWhetherACaWouldGetThrough() {
    Result result = checkHere("example.org", "--type", "http-01");
    assertEquals(0, result.status(), result.toString());
    assertTrue(result.out().contains("only the answer is missing"), result.out());
  }

  @Test
  void jsonIsOneObject() {
    Result result = checkHere("example.org=token.thumbprint", "--type", "http-01", "--json");
    JsonObject json = JsonParser.parseString(result.out()).getAsJsonObject();
    assertEquals("ready", json.get("verdict").getAsString());
    assertEquals(1, result.out().lines().count());
  }

  @Test
  void thisMachineIsRefusedWithoutTheSwitch() {
    Result result =
        check(
            "example.org",
            "--type",
            "http-01",
            "--resolver",
            "127.0.0.1:" + dns.getLocalPort(),
            "--timeout",
            "60s");
    assertEquals(4, result.status(), result.toString());
    assertTrue(result.out().contains("127.0.0.1 (loopback 127.0.0.0/8)"), result.out());
  }

  @Test
  void aResolverThatIsNotThereIsUnknown() {
    int port = dns.getLocalPort();
    dns.close();
    Result result = check("example.org", "--type", "http-01", "--resolver", "127.0.0.1:" + port);
    assertEquals(5, result.status(), result.toString());
    assertTrue(result.out().contains("no resolver answers"), result.out());
  }

  @Test
  void whatIsWrongWithTheCommandIsSaid() {
    String[][] wrong = {
      {"no/domain"},
      {"example.org", "--type", "http-02"},
      {"example.org", "--token", "t"},
      {"example.org=token"},
      {"example.org", "--key-auth", "t.p", "--token", "t"},
      {"example.org", "--resolver", "dns.example.org"},
      {"example.org", "--resolver", "1.1.1.1:99999"},
      {"example.org", "--test-ports", "1,2,3"},
      {"example.org", "--timeout", "0s"},
      {}
    };
    String[] reasons = {
      "is not a domain name", "there is no 'http-02'", "belong together",
          "is not a key authorization",
      "--key-auth is both", "is not an address", "is not an address",
          "for --test-allow-loopback only",
      "have to be positive", "DOMAIN"
    };
    for (int i = 0; i < wrong.length; i++) {
      Result result = check(wrong[i]);
      assertEquals(2, result.status(), Arrays.toString(wrong[i]) + result);
      assertTrue(result.err().contains(reasons[i]), result.err());
      assertEquals(1, result.err().lines().count(), result.err());
    }
  }
}
