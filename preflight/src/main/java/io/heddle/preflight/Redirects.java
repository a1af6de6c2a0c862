package io.heddle.preflight;

import java.net.InetAddress;
import java.util.List;
import java.util.regex.Pattern;
import org.xbill.DNS.Name;
import org.xbill.DNS.Type;

/** The rules of CAs for redirects. */
final class Redirects {
  /** The limit in Let's Encrypt's documentation. */
  static final int MAX = 10;

  /** The limit in Let's Encrypt's code. */
  private static final int MAX_FOLLOWED = 11;

  private static final int MAX_PATH = 2000;
  private static final List<Integer> STATUS = List.of(301, 302, 307, 308);
  private static final Pattern IPV4 =
      Pattern.compile("((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\\.(?!$)|$)){4}");

  /** At least two labels, the last of which is not a number; more lenient than for certificates. */
  private static final Pattern NAME =
      Pattern.compile("([a-z0-9_-]+\\.)+(?![0-9]+\\.?$)[a-z0-9-]+\\.?");

  private final Resolver resolver;

  Redirects(Resolver resolver) {
    this.resolver = resolver;
  }

  static boolean isRedirect(int status) {
    return STATUS.contains(status) || status == 303;
  }

  /**
   * The target of a redirect.
   *
   * @param visited the addresses so far; the last one redirects
   */
  Url follow(List<Url> visited, int status, String location, Trace trace)
      throws NotReadyException, InterruptedException {
    if (!STATUS.contains(status)) {
      throw refused("received disallowed redirect status code " + status);
    }
    if (visited.size() > MAX_FOLLOWED) {
      throw refused("Too many redirects");
    }
    if (visited.size() > MAX) {
      trace.warn(
          "this is redirect " + visited.size() + "; Let's Encrypt promises to follow " + MAX);
    }
    Url url;
    try {
      url = visited.getLast().resolve(location);
    } catch (IllegalArgumentException e) {
      throw refused("Invalid redirect target '%s': %s".formatted(location, e.getMessage()));
    }
    checkTarget(url);
    checkHost(url, trace);
    if (visited.contains(url)) {
      throw refused("Redirect loop detected at " + url);
    }
    if (location.contains("@") && url.toString().indexOf('@') < 0) {
      trace.warn("the redirect has a user or password in it, which was not sent");
    }
    return url;
  }

  private static void checkTarget(Url url) throws NotReadyException {
    if (!url.scheme().equals("http") && !url.scheme().equals("https")) {
      throw refused(
          "Invalid protocol scheme in redirect target. Only \"http\" and \"https\" protocol schemes"
              + " are supported, not \""
              + url.scheme()
              + "\"");
    }
    if (url.port() >= 0 && url.port() != 80 && url.port() != 443) {
      throw refused(
          "Invalid port in redirect target. Only ports 80 and 443 are supported, not "
              + url.port());
    }
    if (url.host().isEmpty()) {
      throw refused("Invalid empty host in redirect target");
    }
    if (url.host().endsWith(".well-known")) {
      throw refused(
          "Invalid host in redirect target \"%s\". Check webserver config for missing '/' in redirect target."
              .formatted(url.host()));
    }
    if (url.pathLength() > MAX_PATH) {
      throw refused("Redirect target too long: " + url.pathLength() + " characters");
    }
  }

  private void checkHost(Url url, Trace trace) throws NotReadyException, InterruptedException {
    String host = url.host();
    if (isAddress(host)) {
      InetAddress address = address(host);
      boolean isMapped = host.startsWith("[") && SpecialAddresses.isIpv4(address);
      String reason =
          isMapped ? "IPv4-mapped ::ffff:0:0/96" : resolver.network().refusal(address.getAddress());
      if (reason != null) {
        throw refused("Invalid host in redirect target: " + host + " is special: " + reason);
      }
      return;
    }
    if (!NAME.matcher(host).matches()) {
      throw noTopLevelDomain(host);
    }
    Name name = Resolver.name(host.replaceFirst("\\.$", ""));
    Name top = new Name(name, name.labels() - 2);
    if (resolver.ask(top, Type.NS, trace).isNoName()) {
      throw noTopLevelDomain(host);
    }
  }

  private static NotReadyException noTopLevelDomain(String host) {
    return refused("Invalid host in redirect target, must end in IANA registered TLD: " + host);
  }

  static boolean isAddress(String host) {
    return host.startsWith("[") || IPV4.matcher(host).matches();
  }

  /**
   * The address of a host that is an address literal.
   *
   * @throws NotReadyException if it is malformed, or has a zone
   */
  static InetAddress address(String host) throws NotReadyException {
    if (host.contains("%")) {
      throw refused("Invalid host in redirect target: contains scope zone");
    }
    try {
      return InetAddress.ofLiteral(
          host.startsWith("[") ? host.substring(1, host.length() - 1) : host);
    } catch (IllegalArgumentException e) {
      throw refused("Invalid host in redirect target: " + host);
    }
  }

  private static NotReadyException refused(String detail) {
    return new NotReadyException(
        CheckResult.willFail(ProblemType.CONNECTION, Trace.printable(detail)));
  }
}
