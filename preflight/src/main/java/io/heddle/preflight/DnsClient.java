package io.heddle.preflight;

import io.heddle.Go;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.SocketTimeoutException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Header;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/**
 * Asks a name server: by UDP first, then by TCP if the answer was truncated or missing. dnsjava
 * reads and writes the messages. The sockets are Heddle's, so that an interrupt closes them.
 * Datagrams that do not answer the question are ignored: anyone can send them.
 */
final class DnsClient {
  /** A size that fits into a packet everywhere. */
  private static final int PAYLOAD = 1232;

  private static final int MAX_MESSAGE = 65535;
  private static final int UDP_TRIES = 2;

  /** How many unrelated datagrams an attempt tolerates. */
  private static final int MAX_STRAY = 100;

  private static final SecureRandom RANDOM = new SecureRandom();

  private final Network network;
  private final Duration timeout;

  /**
   * @param timeout how long a question may take by UDP and, if necessary, again by TCP
   */
  DnsClient(Network network, Duration timeout) {
    this.network = network;
    this.timeout = timeout;
  }

  Network network() {
    return network;
  }

  /**
   * Asks a question.
   *
   * @param isRecursive whether the server should ask other servers if it does not know the answer
   */
  Answer ask(NameServer server, Name name, int type, boolean isRecursive, Trace trace)
      throws IOException, InterruptedException {
    Record question = Record.newRecord(name, type, DClass.IN);
    Message query = Message.newQuery(question);
    query.getHeader().setID(RANDOM.nextInt(1 << 16));
    if (isRecursive) {
      query.getHeader().setFlag(Flags.AD); // RFC 6840, 5.7: requests the AD bit in the answer
    } else {
      query.getHeader().unsetFlag(Flags.RD);
    }
    query.addRecord(new OPTRecord(PAYLOAD, 0, 0), Section.ADDITIONAL);
    String asked = Type.string(type) + " " + Answer.text(name);
    Message response = null;
    try {
      response = attempt(server, query, asked, false, trace);
    } catch (SocketTimeoutException e) {
      // a firewall may let TCP through
    }
    if (response == null || response.getHeader().getFlag(Flags.TC)) {
      response = attempt(server, query, asked, true, trace);
    }
    return new Answer(question, response);
  }

  private Message attempt(
      NameServer server, Message query, String asked, boolean isTcp, Trace trace)
      throws IOException, InterruptedException {
    long began = Go.nanoTime();
    Message response = null;
    String failure = null;
    try {
      response = isTcp ? tcp(server, query, trace.time()) : udp(server, query, trace.time());
      failure = response.getHeader().getFlag(Flags.TC) ? "truncated" : null;
      return response;
    } catch (IOException e) {
      failure = e instanceof SocketTimeoutException ? "no answer" : e.getMessage();
      throw Network.interruptOr(e);
    } finally {
      trace.add(step(server, asked, isTcp, response, failure), began);
    }
  }

  private static TraceStep step(
      NameServer server,
      String asked,
      boolean isTcp,
      @Nullable Message response,
      @Nullable String failure) {
    return new TraceStep.Lookup(
        asked,
        server.toString(),
        isTcp ? "TCP" : "UDP",
        response == null ? null : Rcode.string(response.getRcode()),
        response == null
            ? List.of()
            : response.getSection(Section.ANSWER).stream().limit(20).map(Answer::text).toList(),
        response == null && failure == null ? "interrupted" : failure);
  }

  private Message udp(NameServer server, Message query, WorkTime time)
      throws IOException, InterruptedException {
    byte[] wire = query.toWire();
    try (var datagrams = network.datagrams(server.address(), server.isTrusted(), time)) {
      DatagramSocket socket = datagrams.socket();
      byte[] buffer = new byte[MAX_MESSAGE]; // not earlier: many may be waiting for a permit
      long end = Go.nanoTime() + timeout.toNanos() / 2;
      for (int attempt = 1; attempt <= UDP_TRIES; attempt++) {
        socket.send(new DatagramPacket(wire, wire.length));
        long deadline = attempt == UDP_TRIES ? end : (Go.nanoTime() + end) / 2;
        Message response = receive(socket, buffer, query, deadline);
        if (response != null) {
          return response;
        }
      }
    }
    throw new SocketTimeoutException("no answer from " + server);
  }

  private static @Nullable Message receive(
      DatagramSocket socket, byte[] buffer, Message query, long deadline) throws IOException {
    for (int i = 0; i < MAX_STRAY; i++) {
      Duration left = Network.until(deadline);
      if (left.isZero()) {
        return null;
      }
      DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
      try {
        socket.setSoTimeout(Network.millis(left));
        socket.receive(packet);
      } catch (SocketTimeoutException e) {
        return null;
      }
      Message response = parse(Arrays.copyOf(buffer, packet.getLength()), query);
      if (response != null) {
        return response;
      }
    }
    return null;
  }

  private Message tcp(NameServer server, Message query, WorkTime time)
      throws IOException, InterruptedException {
    Duration half = timeout.dividedBy(2);
    var address = server.address();
    try (var connection =
        network.connect(address.getAddress(), address.getPort(), server.isTrusted(), half, time)) {
      return Deadline.call(
          half,
          "no answer from " + server,
          () -> {
            byte[] wire = query.toWire();
            byte[] framed = new byte[wire.length + 2];
            framed[0] = (byte) (wire.length >> 8);
            framed[1] = (byte) wire.length;
            System.arraycopy(wire, 0, framed, 2, wire.length);
            OutputStream out = connection.socket().getOutputStream();
            out.write(framed);
            DataInputStream in = new DataInputStream(connection.socket().getInputStream());
            byte[] response = new byte[in.readUnsignedShort()];
            in.readFully(response);
            Message message = parse(response, query);
            if (message == null) {
              throw new IOException("the answer of " + server + " is malformed");
            }
            return message;
          });
    }
  }

  /** The message, if it answers the query; else null. */
  static @Nullable Message parse(byte[] wire, Message query) {
    Message response;
    try {
      response = new Message(wire);
    } catch (IOException | RuntimeException e) { // the bytes come from an untrusted source
      return null;
    }
    Header header = response.getHeader();
    boolean isAnswer =
        header.getFlag(Flags.QR)
            && header.getID() == query.getHeader().getID()
            && header.getOpcode() == query.getHeader().getOpcode();
    Record question = response.getQuestion();
    boolean isOurs =
        question == null
            ? header.getRcode() != Rcode.NOERROR // some servers omit the question in a refusal
            : question.equals(query.getQuestion());
    return isAnswer && isOurs ? response : null;
  }
}
