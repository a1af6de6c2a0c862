package io.heddle.preflight;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/** Names and servers that mean us harm. */
@Timeout(value = 240, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class AdversaryTest {
  private static final String KEY_AUTHORIZATION = "token.thumbprint";
  private static final PreflightChallenge CHALLENGE =
      new PreflightChallenge(
          "www.example.org", PreflightChallenge.HTTP_01, "token", KEY_AUTHORIZATION);
  private static final Duration LONG = Duration.ofSeconds(60);

  private static byte[] bytes(String address) throws Exception {
    Record record =
        Record.fromString(
            Name.root,
            address.contains(":") ? Type.AAAA : Type.A,
            DClass.IN,
            1,
            address,
            Name.root);
    return record.rdataToWireCanonical();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.31.196.1",
        "192.52.193.1",
        "192.88.99.1",
        "192.168.0.1",
        "192.175.48.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:8.8.8.8",
        "::ffff:127.0.0.1",
        "64:ff9b::8.8.8.8",
        "64:ff9b:1::1",
        "100::1",
        "100:0:0:1::1",
        "2001::1",
        "2001:1ff:ffff::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2620:4f:8000::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fdff::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
        "1000::1",
        "4000::1",
        "0:0:0:ffff::1"
      })
  void specialAddressesAreRefused(String address) throws Exception {
    assertNotNull(SpecialAddresses.reason(bytes(address)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.1.1",
        "192.169.1.1",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2001:200::1",
        "2001:db9::1",
        "2003::1",
        "2606:4700::1",
        "2a00::1",
        "3ffe::1"
      })
  void ordinaryAddressesAreNot(String address) throws Exception {
    assertNull(SpecialAddresses.reason(bytes(address)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1", "10.0.0.1", "169.254.169.254", "fe80::1"})
  void theAddressIsLookedAtAgainBeforeTheConnection(String address) {
    InetAddress inet = InetAddress.ofLiteral(address);
    Network open = Network.open(1);
    assertThrows(
        RefusedAddressException.class,
        () -> open.connect(inet, 80, false, LONG, WorkTime.unlimited()));
    assertThrows(
        RefusedAddressException.class,
        () -> open.datagrams(new InetSocketAddress(inet, 53), false, WorkTime.unlimited()));
  }

  /** What is kept with an order has to be small, whatever a stranger's zone has. */
  @Test
  void aHostWithThousandsOfPrivateAddressesHasAShortReport() throws Exception {
    try (FakeDns dns = new FakeDns()) {
      for (int i = 0; i < 2000; i++) {
        dns.a("www.example.org", "10.0." + i / 250 + "." + i % 250);
      }
      Resolver resolver =
          new Resolver(Network.open(8), List.of(dns.address()), Duration.ofSeconds(60));
      Trace trace = new Trace();
      CheckResult outcome =
          new Http01Check(resolver, LONG)
              .check(
                  new PreflightChallenge(
                      "www.example.org", PreflightChallenge.HTTP_01, "token", "token.thumbprint"),
                  trace);
      assertEquals(Verdict.WILL_FAIL, outcome.verdict());
      assertTrue(outcome.detail().endsWith("and 1995 more"), outcome.detail());
      assertTrue(outcome.detail().length() < 1000, outcome.detail());
    }
    assertEquals(1003, CheckResult.notYet(ProblemType.DNS, "x".repeat(100_000)).detail().length());
  }

  @Test
  void aPlaceIsGivenBackHoweverAConnectionEnds() throws Exception {
    Network network = Network.withLoopbackForTests(Network.Ports.STANDARD, 1);
    InetAddress loopback = InetAddress.getLoopbackAddress();
    int port;
    try (RawServer server = RawServer.of("")) {
      port = server.port();
      for (int i = 0; i < 3; i++) {
        network.connect(loopback, port, false, LONG, WorkTime.unlimited()).close();
      }
    }
    for (int i = 0; i < 3; i++) {
      assertThrows(
          java.io.IOException.class,
          () -> network.connect(loopback, port, false, LONG, WorkTime.unlimited()));
    }
    assertEquals(0, network.keysInUse());
  }

  /** A name server whose answer is another each time. */
  private static FakeDns rebinding(AtomicInteger questions, String... addresses) throws Exception {
    FakeDns dns = new FakeDns().a("www.example.org", "127.0.0.1").a("example.org", "127.0.0.1");
    dns.add("org", Type.NS, "a.nic.org.");
    return dns.fault(
        "www.example.org",
        Type.A,
        (query, answer, _) -> {
          int count = Math.min(questions.getAndIncrement(), addresses.length - 1);
          answer.removeAllRecords(Section.ANSWER);
          answer.addRecord(
              Record.fromString(
                  query.getQuestion().getName(), Type.A, DClass.IN, 0, addresses[count], Name.root),
              Section.ANSWER);
          return answer.toWire();
        });
  }

  private static CheckResult check(FakeDns dns, RawServer server, Trace trace) throws Exception {
    Network network =
        Network.withLoopbackForTests(new Network.Ports(server.port(), server.port(), 53), 8);
    return new Http01Check(new Resolver(network, List.of(dns.address()), LONG), LONG)
        .check(CHALLENGE, trace);
  }

  @Test
  void aNameThatIsBentAfterwardsIsConnectedToWhereItWas() throws Exception {
    AtomicInteger questions = new AtomicInteger();
    try (FakeDns dns = rebinding(questions, "127.0.0.1", "169.254.169.254");
        RawServer server = RawServer.of(RawServer.response(200, "", KEY_AUTHORIZATION))) {
      assertEquals(Verdict.READY, check(dns, server, new Trace()).verdict());
      assertEquals(1, questions.get());
    }
  }

  @Test
  void aNameThatIsBentForARedirectIsRefused() throws Exception {
    AtomicInteger questions = new AtomicInteger();
    try (FakeDns dns = rebinding(questions, "127.0.0.1", "169.254.169.254");
        RawServer server =
            RawServer.of(
                RawServer.response(
                    302, "Location: http://www.example.org/latest/meta-data\r\n", ""))) {
      CheckResult outcome = check(dns, server, new Trace());
      assertEquals(Verdict.WILL_FAIL, outcome.verdict());
      assertTrue(outcome.detail().contains("169.254.169.254 (link-local"), outcome.detail());
      assertEquals(1, server.requests().size());
    }
  }

  @Test
  void whatServersSendDoesNotReachTheTerminal() throws Exception {
    String nasty = "\u001b[2J\u0007<script>\u202e" + "x".repeat(5000);
    assertTrue(Trace.printable(nasty).startsWith("\\u001b[2J\\u0007<script>\\u202exxx"));
    assertTrue(Trace.printable(nasty).length() < 400);
    Trace trace = new Trace();
    for (int i = 0; i < 10_000; i++) {
      trace.note("again");
    }
    assertTrue(trace.entries().size() <= 200);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/a/b?c=d | http://h/a/b?c=d",
        "b | http://h/x/b",
        "../b | http://h/b",
        "../../../b | http://h/b",
        "/a/./b/../c | http://h/a/c",
        "/a/.. | http://h/",
        "?q | http://h/x/y?q",
        "#f | http://h/x/y?z",
        "//other/p | http://other/p",
        "//other | http://other/",
        "HTTPS://OTHER:443/P | https://other:443/P",
        "http://u:p@other/ | http://other/",
        "http://good@evil.example/ | http://evil.example/",
        "http://other?x | http://other/?x",
        "http://[2606::1]:80/ | http://[2606::1]:80/",
        "/a b\"<> | http://h/a%20b%22%3C%3E",
        "javascript:alert(1) | javascript:///",
      })
  void locationsAreUnderstood(String location, String url) {
    Url base = new Url("http", "h", -1, "/x/y", "?z");
    assertEquals(url, base.resolve(location).toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/\r\nX: y",
        "http://a b/",
        "http://h:99999999/",
        "http://h:x/",
        "http://h\\@evil/",
        "http://[::1/",
        "http://h:80:80/",
        "http://ho st/"
      })
  void locationsThatCannotBeAreRefused(String location) {
    Url base = new Url("http", "h", -1, "/x/y", "");
    assertThrows(IllegalArgumentException.class, () -> base.resolve(location));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost",
        "10.0.0.1",
        "a..org",
        "-a.org",
        "a-.org",
        "a_b.org",
        "a b.org",
        "a.org/x",
        "a.org:80",
        "user@a.org",
        "*.*.org",
        "a.1",
        "[::1]",
        "a.org\n"
      })
  void whatIsNoDomainIsRefused(String domain) {
    assertThrows(
        IllegalArgumentException.class,
        () -> new PreflightChallenge(domain, "http-01", "token", KEY_AUTHORIZATION));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a/b", "a b", "a\r\nHost: x", "../x", "a%00", "a?b"})
  void whatIsNoTokenIsRefused(String token) {
    assertThrows(
        IllegalArgumentException.class,
        () -> new PreflightChallenge("example.org", "http-01", token, KEY_AUTHORIZATION));
  }

  /** Random damage: single bytes, cuts, repeats, noise. */
  private static byte[] damaged(byte[] good, Random random) {
    byte[] bad = good.clone();
    for (int i = random.nextInt(4); i >= 0 && bad.length > 0; i--) {
      switch (random.nextInt(5)) {
        case 0 -> bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
        case 1 -> bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
        case 2 -> bad = Arrays.copyOf(bad, random.nextInt(bad.length + 1));
        case 3 -> {
          int from = random.nextInt(bad.length);
          byte[] longer = Arrays.copyOf(bad, bad.length * 2 - from);
          System.arraycopy(bad, from, longer, bad.length, bad.length - from);
          bad = longer;
        }
        default -> {
          int from = random.nextInt(bad.length);
          byte[] noise = new byte[Math.min(8, bad.length - from)];
          random.nextBytes(noise);
          System.arraycopy(noise, 0, bad, from, noise.length);
        }
      }
    }
    return bad;
  }

  @Test
  void noDamageToAnAnswerOfANameServerBreaksTheReader() throws Exception {
    Name name = Name.fromString("_acme-challenge.www.example.org.");
    Record question = Record.newRecord(name, Type.TXT, DClass.IN);
    Message query = Message.newQuery(question);
    Message answer = new Message(query.getHeader().getID());
    answer.getHeader().setFlag(Flags.QR);
    answer.addRecord(question, Section.QUESTION);
    String[][] records = {
      {"CNAME", "x.example.net."}, {"TXT", "\"one\" \"two\""}, {"A", "1.2.3.4"},
      {"CAA", "0 issue \"ca.example\""}, {"SOA", "a. b. 1 2 3 4 5"}, {"NS", "a.b."}
    };
    for (String[] one : records) {
      answer.addRecord(
          Record.fromString(name, Type.value(one[0]), DClass.IN, 9, one[1], Name.root),
          one[0].equals("SOA") || one[0].equals("NS") ? Section.AUTHORITY : Section.ANSWER);
    }
    byte[] good = answer.toWire();
    int read = 0;
    for (int seed = 0; seed < 50_000; seed++) {
      Message message = DnsClient.parse(damaged(good, new Random(seed)), query);
      if (message != null) {
        read++;
        Answer seen = new Answer(question, message);
        seen.chain();
        seen.texts();
        seen.status();
        seen.authority();
        seen.delegation();
        seen.records(Type.CAA).forEach(Answer::text);
        message.getSection(Section.ANSWER).forEach(Answer::text);
      }
    }
    assertTrue(read > 1000, "only " + read + " got through: the damage proves nothing");
  }

  @Test
  void noDamageToAResponseBreaksTheCheck() throws Exception {
    List<String> good =
        List.of(
            RawServer.response(200, "X: y\r\n", KEY_AUTHORIZATION),
            RawServer.response(302, "Location: http://www.example.org/x?y=z\r\n", ""),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n"
                + KEY_AUTHORIZATION
                + "\r\n0\r\n\r\n");
    AtomicInteger seed = new AtomicInteger();
    try (FakeDns dns =
            new FakeDns().a("www.example.org", "127.0.0.1").add("org", Type.NS, "a.nic.org.");
        RawServer server =
            new RawServer((_, out, _) -> {
              Random random = new Random(seed.getAndIncrement());
              byte[] one = good.get(random.nextInt(good.size())).getBytes(ISO_8859_1);
              out.write(damaged(one, random));
            })) {
      Map<Verdict, Integer> seen = new EnumMap<>(Verdict.class);
      for (int i = 0; i < 600; i++) {
        CheckResult outcome = check(dns, server, new Trace());
        seen.merge(outcome.verdict(), 1, Integer::sum);
        assertTrue(
            outcome.verdict() == Verdict.READY || outcome.problem() != null, outcome.toString());
      }
      assertTrue(
          seen.getOrDefault(Verdict.READY, 0) > 0 && seen.getOrDefault(Verdict.NOT_YET, 0) > 100,
          seen.toString());
    }
  }
}
