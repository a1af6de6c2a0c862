package io.heddle.preflight;

import io.heddle.Context;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Type;

/** Finds a host's addresses as a CA does: A and AAAA at the same time, only public addresses. */
final class HostAddresses {
  /** How many addresses of one host are shown. */
  private static final int MAX_LISTED = 5;

  private HostAddresses() {}

  /** The result of a lookup of addresses. */
  private record Found(List<InetAddress> addresses, List<String> refused, CheckResult none) {}

  /** The addresses to try, in this order: the first IPv6 address, then the first IPv4 address. */
  static List<InetAddress> toTry(Resolver resolver, String host, Trace trace)
      throws NotReadyException, InterruptedException {
    List<InetAddress> all = find(resolver, host, trace);
    List<InetAddress> firsts = new ArrayList<>();
    all.stream().filter(a -> !SpecialAddresses.isIpv4(a)).findFirst().ifPresent(firsts::add);
    all.stream().filter(SpecialAddresses::isIpv4).findFirst().ifPresent(firsts::add);
    if (all.size() > firsts.size()) {
      List<InetAddress> rest = new ArrayList<>(all);
      rest.removeAll(firsts);
      trace.note(host + " has more addresses, which a CA may also try: " + listed(texts(rest)));
    }
    return firsts;
  }

  /** All addresses to which a connection is allowed, IPv6 first. */
  static List<InetAddress> find(Resolver resolver, String host, Trace trace)
      throws NotReadyException, InterruptedException {
    Name name = Resolver.name(host);
    List<Found> found =
        Together.all(
            Context.background(),
            List.of(
                () -> find(resolver, name, Type.AAAA, trace),
                () -> find(resolver, name, Type.A, trace)));
    List<InetAddress> all = found.stream().flatMap(one -> one.addresses().stream()).toList();
    List<String> refused = found.stream().flatMap(one -> one.refused().stream()).toList();
    if (!all.isEmpty()) {
      if (!refused.isEmpty()) {
        trace.warn(host + " also has addresses that no CA uses: " + listed(refused));
      }
      return all;
    }
    if (!refused.isEmpty()) {
      throw new NotReadyException(
          CheckResult.willFail(
              ProblemType.DNS,
              "no valid A or AAAA records found for %s, only %s".formatted(host, listed(refused))));
    }
    CheckResult a = found.getLast().none();
    CheckResult aaaa = found.getFirst().none();
    throw new NotReadyException(
        new CheckResult(a.and(aaaa).verdict(), ProblemType.DNS, a.detail() + "; " + aaaa.detail()));
  }

  private static Found find(Resolver resolver, Name name, int type, Trace trace)
      throws InterruptedException {
    Answer answer;
    try {
      answer = resolver.ask(name, type, trace);
    } catch (NotReadyException e) {
      return new Found(List.of(), List.of(), e.outcome());
    }
    if (!answer.isOk()) {
      return new Found(
          List.of(),
          List.of(),
          CheckResult.notYet(ProblemType.DNS, Resolver.problem(answer, type, name)));
    }
    List<InetAddress> addresses = new ArrayList<>();
    List<String> refused = new ArrayList<>();
    for (Record record : answer.records(type)) {
      byte[] bytes = record.rdataToWireCanonical();
      String reason = resolver.network().refusal(bytes);
      if (reason == null) {
        addresses.add(address(bytes));
      } else {
        refused.add(record.rdataToString() + " (" + reason + ")");
      }
    }
    String none =
        "no valid %s records found for %s".formatted(Type.string(type), Answer.text(name));
    return new Found(addresses, refused, CheckResult.notYet(ProblemType.DNS, none));
  }

  private static InetAddress address(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e); // dnsjava has checked the length
    }
  }

  /** Shows only some addresses: an unknown zone may have thousands. */
  private static String listed(List<String> addresses) {
    String first = String.join(", ", addresses.subList(0, Math.min(addresses.size(), MAX_LISTED)));
    return addresses.size() > MAX_LISTED
        ? first + " and " + (addresses.size() - MAX_LISTED) + " more"
        : first;
  }

  static List<String> texts(List<InetAddress> addresses) {
    return addresses.stream().map(InetAddress::getHostAddress).toList();
  }
}
