package io.heddle.preflight;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.WaitGroup;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/**
 * A name server on a loopback address, UDP and TCP on one port. It plays whatever part a test
 * needs: records are set in the notation of zone files, faults are a function on answers.
 */
final class FakeDns implements AutoCloseable {
  private final DatagramSocket udp;
  private final ServerSocket tcp;
  private final CancelContext context = Context.background().withCancel();
  private final WaitGroup goroutines = new WaitGroup();
  private final Map<String, List<Record>> records = new ConcurrentHashMap<>();
  private final Map<String, Integer> statuses = new ConcurrentHashMap<>();
  private final Map<String, Fault> faults = new ConcurrentHashMap<>();
  private final List<String> questions = new CopyOnWriteArrayList<>();

  /** Makes something else of an answer: bytes to send, or null to say nothing. */
  interface Fault {
    byte[] answer(Message query, Message answer, boolean isTcp) throws Exception;
  }

  FakeDns() throws IOException {
    this(listeners(InetAddress.getLoopbackAddress()).getFirst());
  }

  private FakeDns(Listeners listeners) {
    this.udp = listeners.udp();
    this.tcp = listeners.tcp();
    goroutines.go(context, this::serveUdp);
    goroutines.go(context, this::serveTcp);
  }

  /** A server on each of some addresses, all on one port. */
  static List<FakeDns> on(String... addresses) throws IOException {
    return listeners(Stream.of(addresses).map(InetAddress::ofLiteral).toArray(InetAddress[]::new))
        .stream()
        .map(FakeDns::new)
        .toList();
  }

  private record Listeners(DatagramSocket udp, ServerSocket tcp) {}

  /** A port that is free for UDP need not be for TCP: tries until one is. */
  private static List<Listeners> listeners(InetAddress... addresses) throws IOException {
    for (int attempt = 0; ; attempt++) {
      List<Listeners> listeners = new ArrayList<>();
      List<Closeable> opened = new ArrayList<>();
      try {
        int port = 0;
        for (InetAddress address : addresses) {
          ServerSocket tcp = new ServerSocket(port, 50, address);
          opened.add(tcp);
          port = tcp.getLocalPort();
          DatagramSocket udp = new DatagramSocket(new InetSocketAddress(address, port));
          opened.add(udp);
          listeners.add(new Listeners(udp, tcp));
        }
        return listeners;
      } catch (BindException e) {
        for (Closeable one : opened) {
          one.close();
        }
        if (attempt == 100) {
          throw e;
        }
      }
    }
  }

  InetSocketAddress address() {
    return (InetSocketAddress) udp.getLocalSocketAddress();
  }

  /** Adds records of a name and type; the name is in the root. */
  FakeDns add(String name, int type, String... values) throws IOException {
    Name owner = Name.fromString(name + ".");
    for (String value : values) {
      Record record = Record.fromString(owner, type, DClass.IN, 60, value, Name.root);
      records.computeIfAbsent(key(owner, type), _ -> new CopyOnWriteArrayList<>()).add(record);
    }
    return this;
  }

  FakeDns a(String name, String... addresses) throws IOException {
    return add(name, Type.A, addresses);
  }

  FakeDns remove(String name, int type) throws TextParseException {
    records.remove(key(Name.fromString(name + "."), type));
    return this;
  }

  FakeDns status(String name, int type, int rcode) throws TextParseException {
    statuses.put(key(Name.fromString(name + "."), type), rcode);
    return this;
  }

  FakeDns fault(String name, int type, Fault fault) throws TextParseException {
    faults.put(key(Name.fromString(name + "."), type), fault);
    return this;
  }

  /** The questions, such as "A www.example.org". */
  List<String> questions() {
    return questions;
  }

  private static String key(Name name, int type) {
    return Type.string(type) + " " + name.canonicalize().toString(true);
  }

  private void serveUdp() throws Exception {
    byte[] buffer = new byte[65535];
    while (!context.isDone()) {
      DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
      try {
        udp.receive(packet);
      } catch (IOException e) {
        return;
      }
      byte[] wire = Arrays.copyOf(buffer, packet.getLength());
      var from = packet.getSocketAddress();
      goroutines.go(
          context,
          () -> {
            byte[] answer = answer(wire, false);
            if (answer != null) {
              udp.send(new DatagramPacket(answer, answer.length, from));
            }
          });
    }
  }

  private void serveTcp() throws Exception {
    while (!context.isDone()) {
      Socket socket;
      try {
        socket = tcp.accept();
      } catch (IOException e) {
        return;
      }
      goroutines.go(
          context,
          () -> {
            try (socket) {
              DataInputStream in = new DataInputStream(socket.getInputStream());
              byte[] wire = new byte[in.readUnsignedShort()];
              in.readFully(wire);
              byte[] answer = answer(wire, true);
              if (answer != null) {
                byte[] framed = new byte[answer.length + 2];
                framed[0] = (byte) (answer.length >> 8);
                framed[1] = (byte) answer.length;
                System.arraycopy(answer, 0, framed, 2, answer.length);
                socket.getOutputStream().write(framed);
              }
            } catch (IOException e) {
              // the client went away
            }
          });
    }
  }

  private byte[] answer(byte[] wire, boolean isTcp) throws Exception {
    Message query = new Message(wire);
    Record question = query.getQuestion();
    String key = key(question.getName(), question.getType());
    questions.add(key);
    Message answer = new Message(query.getHeader().getID());
    answer.getHeader().setFlag(Flags.QR);
    answer.getHeader().setFlag(Flags.AA);
    answer.addRecord(question, Section.QUESTION);
    Name name = question.getName();
    for (int hop = 0; hop < 20; hop++) {
      List<Record> alias = records.get(key(name, Type.CNAME));
      if (alias == null || question.getType() == Type.CNAME) {
        break;
      }
      answer.addRecord(alias.getFirst(), Section.ANSWER);
      name = ((org.xbill.DNS.CNAMERecord) alias.getFirst()).getTarget();
      if (name.equals(question.getName())) {
        break;
      }
    }
    List<Record> found = records.getOrDefault(key(name, question.getType()), List.of());
    if (found.isEmpty() && !exists(name)) {
      found = wildcard(name, question.getType());
    }
    found.forEach(record -> answer.addRecord(record, Section.ANSWER));
    if (statuses.containsKey(key)) {
      answer.getHeader().setRcode(statuses.get(key));
    } else if (found.isEmpty() && !exists(name)) {
      answer.getHeader().setRcode(Rcode.NXDOMAIN);
    }
    if (found.isEmpty()) {
      soa(name, answer);
    }
    Fault fault = faults.get(key);
    return fault == null ? answer.toWire(65535) : fault.answer(query, answer, isTcp);
  }

  /** What {@code *} right below one of the names above has. */
  private List<Record> wildcard(Name name, int type) {
    for (int i = 1; i < name.labels(); i++) {
      List<Record> found = records.get(key(name.wild(i), type));
      if (found != null) {
        return found.stream()
            .map(one -> Record.newRecord(name, type, DClass.IN, 60, one.rdataToWireCanonical()))
            .toList();
      }
    }
    return List.of();
  }

  /** A name exists if it, or one below it, has a record. */
  private boolean exists(Name name) {
    return records.values().stream()
        .flatMap(List::stream)
        .anyMatch(record -> record.getName().subdomain(name));
  }

  private void soa(Name name, Message answer) {
    for (int i = 0; i < name.labels(); i++) {
      List<Record> soa = records.get(key(new Name(name, i), Type.SOA));
      if (soa != null) {
        answer.addRecord(soa.getFirst(), Section.AUTHORITY);
        return;
      }
    }
  }

  @Override
  public void close() throws IOException {
    context.cancel();
    udp.close();
    tcp.close();
    try {
      goroutines.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
