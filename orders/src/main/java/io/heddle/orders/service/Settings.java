package io.heddle.orders.service;

import io.heddle.orders.api.Tokens;
import io.heddle.orders.ca.AcmeAuthority;
import io.heddle.orders.pipeline.Pipeline;
import io.heddle.preflight.Dns01Check;
import io.heddle.preflight.Network;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a service is to be.
 *
 * @param queue where the orders are: a file, or {@code postgresql://…}
 * @param folder for the accounts' keys, and for keys and certificates
 * @param api what the API needs, null for workers only
 * @param workers what the workers need, null for the API only
 */
public record Settings(String queue, Path folder, @Nullable Api api, @Nullable Workers workers) {
  /**
   * What the API needs.
   *
   * @param tokens who may use it
   * @param certificate for TLS, null to speak plain HTTP
   * @param accessLog a file that gets a line for each request, null for none
   */
  public record Api(
      InetSocketAddress listen,
      Tokens tokens,
      @Nullable Certificate certificate,
      @Nullable Path accessLog) {
    /** An API without TLS and access log. */
    public static Api plain(InetSocketAddress listen, Tokens tokens) {
      return new Api(listen, tokens, null, null);
    }
  }

  /**
   * A certificate of the API.
   *
   * @param chain a file with the certificate and those that lead to its root, in PEM
   * @param key a file with its private key, in PEM
   */
  public record Certificate(Path chain, Path key) {}

  /**
   * What the workers need.
   *
   * @param checks how domains are checked
   * @param pipeline how the stages work
   */
  public record Workers(Authority ca, Checks checks, Pipeline.Settings pipeline) {}

  /**
   * How domains are checked.
   *
   * @param network where checks may connect to
   * @param nameServers whom they ask for names
   * @param servers whom they believe about TXT records
   * @param caa what CAA records call the CA; empty for what its directory says
   */
  public record Checks(
      Network network,
      List<InetSocketAddress> nameServers,
      Dns01Check.Servers servers,
      Set<String> caa) {}

  /**
   * A certificate authority.
   *
   * @param trust the certificates, in PEM, of those who vouch for its server; null for whom the JDK
   *     trusts
   * @param roots the certificates, in PEM, that its chains have to lead to; null for those that the
   *     JDK trusts
   * @param connections how many requests it gets at a time
   */
  public record Authority(
      URI directory,
      @Nullable Path trust,
      @Nullable Path roots,
      Accounts accounts,
      int connections) {}

  /** Who has an account at the CA. */
  public enum Mode {
    /** Each customer has one, made when it is needed first; {@code admin} has the operator's. */
    PER_CUSTOMER,
    /** All have the operator's. */
    SHARED
  }

  /**
   * The accounts at a CA.
   *
   * @param registration what to register with
   * @param external what to register customers with that have an account of their own there already
   * @param isChange whether the queue's orders are to be placed at this CA, with these keys, from
   *     now on, although they were placed with others
   */
  public record Accounts(
      Mode mode,
      AcmeAuthority.Registration registration,
      Map<String, AcmeAuthority.Registration> external,
      boolean isChange) {
    /** Keeps a copy. */
    public Accounts {
      external = Map.copyOf(external);
    }

    /** Accounts as they are unless the operator says otherwise. */
    public static Accounts of(AcmeAuthority.Registration registration) {
      return new Accounts(Mode.PER_CUSTOMER, registration, Map.of(), false);
    }

    /** What to register a customer with. */
    AcmeAuthority.Registration registration(String customer) {
      return external.getOrDefault(customer, registration);
    }
  }
}
