package io.heddle.purge.stores;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.purge.StoreException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A proxy: an HTTP proxy that supports {@code CONNECT}, or a SOCKS proxy.
 *
 * @param isSocks whether it is a SOCKS proxy
 * @param user the user and the password, {@code user:password}, null for none; only for HTTP
 */
record ProxyAddress(boolean isSocks, String host, int port, @Nullable String user) {
  private static final String FORM = "http://[USER:PASSWORD@]HOST:PORT or socks5://HOST:PORT";
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3})");
  private static final int LONGEST_HEAD = 64 << 10;

  /**
   * Chooses the proxy for a server, as other commands do: the option, else a variable for the
   * protocol, else {@code ALL_PROXY}. The variables do not apply to the loopback interface, and to
   * hosts in {@code NO_PROXY}.
   *
   * @param option the value of {@code --proxy}, null if it is not given
   * @param protocol {@code http}, {@code https}, or another one
   * @return null for a direct connection
   * @throws IllegalArgumentException if the option or the variable is not the address of a proxy
   */
  static @Nullable ProxyAddress choose(
      @Nullable String option, Map<String, String> environment, String protocol, String host) {
    if (option != null) {
      return option.equals("none") ? null : parse("--proxy", option);
    }
    if (isLocal(host) || isExcluded(host, value(environment, "NO_PROXY"))) {
      return null;
    }
    List<String> names = new ArrayList<>();
    if (protocol.startsWith("http")) {
      names.add(protocol.toUpperCase(Locale.ROOT) + "_PROXY");
    }
    names.add("ALL_PROXY");
    for (String name : names) {
      String value = value(environment, name);
      if (!value.isEmpty()) {
        return parse(name, value);
      }
    }
    return null;
  }

  private static String value(Map<String, String> environment, String name) {
    String lower = environment.getOrDefault(name.toLowerCase(Locale.ROOT), "");
    return lower.isEmpty() ? environment.getOrDefault(name, "") : lower;
  }

  private static boolean isLocal(String host) {
    return host.equalsIgnoreCase("localhost")
        || host.startsWith("127.")
        || host.equals("[::1]")
        || host.equals("::1");
  }

  private static boolean isExcluded(String host, String list) {
    for (String one : list.split("[,\\s]+", -1)) {
      String domain = one.replaceFirst("^\\*?\\.", "").replaceFirst(":\\d+$", "");
      boolean isMatch =
          one.equals("*")
              || host.equalsIgnoreCase(domain)
              || host.toLowerCase(Locale.ROOT).endsWith("." + domain.toLowerCase(Locale.ROOT));
      if (!domain.isEmpty() && isMatch) {
        return true;
      }
    }
    return false;
  }

  private static ProxyAddress parse(String source, String text) {
    try {
      URI uri = new URI(text.contains("://") ? text : "http://" + text);
      boolean isSocks = uri.getScheme().startsWith("socks");
      if (uri.getHost() != null && (isSocks || uri.getScheme().equals("http"))) {
        int port = uri.getPort() >= 0 ? uri.getPort() : isSocks ? 1080 : 80;
        if (isSocks && uri.getUserInfo() != null) {
          throw new IllegalArgumentException(
              source + ": a SOCKS proxy with a user is not supported");
        }
        return new ProxyAddress(isSocks, uri.getHost(), port, uri.getUserInfo());
      }
    } catch (URISyntaxException e) {
      // like an address of another kind
    }
    throw new IllegalArgumentException(
        source + " is '" + StoreAddress.shown(text) + "', which is not like " + FORM);
  }

  /** A socket to connect with {@link #connect}. */
  Socket socket() {
    return isSocks
        ? new Socket(new Proxy(Proxy.Type.SOCKS, InetSocketAddress.createUnresolved(host, port)))
        : new Socket();
  }

  /**
   * Connects a socket to a server through the proxy, which resolves the server's name.
   *
   * @param millis how long to wait
   */
  void connect(Socket socket, String target, int targetPort, int millis) throws IOException {
    if (isSocks) {
      socket.connect(InetSocketAddress.createUnresolved(target, targetPort), millis);
      return;
    }
    socket.connect(new InetSocketAddress(InetAddress.getByName(host), port), millis);
    String place = target + ":" + targetPort;
    StringBuilder request = new StringBuilder("CONNECT ").append(place).append(" HTTP/1.1\r\n");
    request.append("Host: ").append(place).append("\r\n");
    if (user != null) {
      request
          .append("Proxy-Authorization: Basic ")
          .append(Base64.getEncoder().encodeToString(user.getBytes(UTF_8)))
          .append("\r\n");
    }
    socket.getOutputStream().write(request.append("\r\n").toString().getBytes(ISO_8859_1));
    int before = socket.getSoTimeout();
    socket.setSoTimeout(millis);
    String head = head(socket.getInputStream());
    socket.setSoTimeout(before);
    Matcher status = STATUS.matcher(head);
    int code = status.lookingAt() ? Integer.parseInt(status.group(1)) : 0;
    if (code < 200 || code > 299) {
      String first = head.lines().findFirst().orElse("");
      throw new ProxyException("the proxy " + host + ":" + port + " refused: " + first, code);
    }
  }

  /** Reads byte by byte, because what follows belongs to the server. */
  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n", Math.max(0, head.length() - 4)) < 0) {
      int next = in.read();
      if (next < 0 || head.length() > LONGEST_HEAD) {
        throw new EOFException("the proxy closed the connection");
      }
      head.append((char) next);
    }
    return head.toString();
  }

  /** The proxy does not connect to the server. */
  static final class ProxyException extends ConnectException {
    private static final long serialVersionUID = 1;

    private final int status;

    ProxyException(String message, int status) {
      super(message);
      this.status = status;
    }

    /** Whether the proxy may connect to the server later. */
    StoreException.Kind kind() {
      return status >= 500 ? StoreException.Kind.UNAVAILABLE : StoreException.Kind.UNREACHABLE;
    }
  }

  /** A proxy as the JDK describes it, for clients that open connections themselves. */
  Proxy proxy() {
    return new Proxy(
        isSocks ? Proxy.Type.SOCKS : Proxy.Type.HTTP, new InetSocketAddress(host, port));
  }
}
