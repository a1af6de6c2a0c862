package io.heddle.orders.service;

import io.heddle.orders.api.Policy;
import io.heddle.orders.api.Tokens;
import io.heddle.orders.ca.AcmeAuthority;
import io.heddle.orders.notify.Notifications;
import io.heddle.orders.pipeline.Pipeline;
import io.heddle.preflight.Dns01Check;
import io.heddle.preflight.Network;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a service.
 *
 * @param queue the address of the queue: a file, or {@code postgresql://…}
 * @param folder the folder for the accounts' keys, and for keys and certificates
 * @param api the settings of the API, null for workers only
 * @param workers the settings of the workers, null for the API only
 */
public record Settings(String queue, Path folder, @Nullable Api api, @Nullable Workers workers) {
  /**
   * The settings of the API.
   *
   * @param tokens the users
   * @param policy the orders that are accepted from customers
   * @param certificate for TLS, null for plain HTTP
   * @param accessLog a file for one line per request, null for none
   */
  public record Api(
      InetSocketAddress listen,
      Tokens tokens,
      Policy policy,
      @Nullable Certificate certificate,
      @Nullable Path accessLog) {
    /** An API without limits, TLS and access log. */
    public static Api plain(InetSocketAddress listen, Tokens tokens) {
      return new Api(listen, tokens, Policy.open(), null, null);
    }
  }

  /**
   * The certificate of the API.
   *
   * @param chain a file with the certificate chain, in PEM
   * @param key a file with the private key, in PEM
   */
  public record Certificate(Path chain, Path key) {}

  /**
   * The settings of the workers.
   *
   * @param checks how to check domains
   * @param pipeline the settings of the stages
   * @param notifications which systems of the operator are notified of orders; closed with the
   *     service
   * @param others the CAs that orders move to if the first does not serve them, in the order of
   *     preference, by their names
   */
  public record Workers(
      Authority ca,
      Checks checks,
      Pipeline.Settings pipeline,
      Notifications notifications,
      SequencedMap<String, Authority> others) {
    /**
     * Workers with one CA.
     *
     * @param checks how to check domains
     * @param pipeline the settings of the stages
     * @param notifications which systems of the operator are notified of orders
     */
    public Workers(
        Authority ca, Checks checks, Pipeline.Settings pipeline, Notifications notifications) {
      this(ca, checks, pipeline, notifications, new LinkedHashMap<>());
    }

    /** The same workers with other CAs. */
    public Workers with(SequencedMap<String, Authority> authorities) {
      return new Workers(ca, checks, pipeline, notifications, authorities);
    }

    /**
     * Workers without notifications.
     *
     * @param checks how to check domains
     * @param pipeline the settings of the stages
     */
    public Workers(Authority ca, Checks checks, Pipeline.Settings pipeline) {
      this(ca, checks, pipeline, Notifications.NONE);
    }
  }

  /**
   * How to check domains.
   *
   * @param network the network for checks
   * @param nameServers the recursive name servers
   * @param servers the servers that dns-01 asks
   * @param caa the first CA's names in CAA records; empty for those in its directory
   */
  public record Checks(
      Network network,
      List<InetSocketAddress> nameServers,
      Dns01Check.Servers servers,
      Set<String> caa) {}

  /**
   * A certificate authority.
   *
   * @param trust a file with the certificates, in PEM, that vouch for its server; null for those
   *     that the JDK trusts
   * @param roots a file with the certificates, in PEM, to which its chains must lead; null for
   *     those that the JDK trusts
   * @param load the limits on concurrent requests
   * @param preferences what certificates are ordered
   * @param caa its names in CAA records; empty for those in its directory
   */
  public record Authority(
      URI directory,
      @Nullable Path trust,
      @Nullable Path roots,
      Accounts accounts,
      AcmeAuthority.Load load,
      AcmeAuthority.Preferences preferences,
      Set<String> caa) {
    /**
     * A certificate authority whose default certificates are ordered.
     *
     * @param trust a file with the certificates that vouch for its server
     * @param roots a file with the certificates to which its chains must lead
     * @param load the limits on concurrent requests
     */
    public Authority(
        URI directory,
        @Nullable Path trust,
        @Nullable Path roots,
        Accounts accounts,
        AcmeAuthority.Load load) {
      this(directory, trust, roots, accounts, load, AcmeAuthority.Preferences.NONE, Set.of());
    }
  }

  /** Which customers have an account at the CA. */
  public enum Mode {
    /** Each customer has one, made on demand; {@code admin} uses the operator's. */
    PER_CUSTOMER,
    /** All use the operator's account. */
    SHARED
  }

  /**
   * The accounts at a CA.
   *
   * @param registration the data for registering accounts
   * @param external the data for customers that have an account of their own at the CA already
   * @param isChange whether the queue's orders, which were placed at another CA or with other keys,
   *     are to be placed at this CA with these keys from now on
   */
  public record Accounts(
      Mode mode,
      AcmeAuthority.Registration registration,
      Map<String, AcmeAuthority.Registration> external,
      boolean isChange) {
    /** Copies the map. */
    public Accounts {
      external = Map.copyOf(external);
    }

    /** The default settings. */
    public static Accounts of(AcmeAuthority.Registration registration) {
      return new Accounts(Mode.PER_CUSTOMER, registration, Map.of(), false);
    }

    /** The data for registering a customer. */
    AcmeAuthority.Registration registration(String customer) {
      return external.getOrDefault(customer, registration);
    }
  }
}
