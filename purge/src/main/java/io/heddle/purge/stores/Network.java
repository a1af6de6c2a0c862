package io.heddle.purge.stores;

import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How clients reach their servers.
 *
 * @param timeout how long to wait for an answer
 * @param tls the certificates for encrypted connections
 * @param proxy the value of {@code --proxy}: the address of a proxy, {@code none}, or null to
 *     follow the environment
 * @param environment the variables that may name a proxy
 */
record Network(Duration timeout, Tls tls, @Nullable String proxy, Map<String, String> environment) {
  /** Rejects what is not the address of a proxy, because some stores connect only later. */
  Network {
    var _ = ProxyAddress.choose(proxy, environment, "", "store.invalid");
  }

  /** A network with the JDK's authorities, and the proxies of the JVM's system properties. */
  static Network usual(Duration timeout) {
    return new Network(timeout, Tls.SYSTEM, null, Map.of());
  }

  /** The proxy for a server, null for a direct connection. */
  @Nullable ProxyAddress proxyFor(String protocol, String host) {
    return ProxyAddress.choose(proxy, environment, protocol, host);
  }

  int timeoutMillis() {
    return Math.toIntExact(timeout.toMillis());
  }
}
