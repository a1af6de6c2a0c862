package io.heddle.orders.ca;

import io.heddle.orders.Authorization;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.Problem;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the pipeline asks of a certificate authority. Every method is one exchange with it, blocks
 * until it has answered, and may be called by any goroutine.
 *
 * <p>What the CA tells as a time of day is here the time until then, by the CA's own clock: nobody
 * else's need be right.
 */
public interface CertificateAuthority {
  /** How far an order is at the CA. */
  enum Progress {
    /** Authorizations are missing. */
    PENDING,
    /** All authorizations are valid. */
    READY,
    /** The certificate is being made. */
    PROCESSING,
    /** The certificate is there. */
    VALID,
    /** Failed, or expired. */
    INVALID
  }

  /**
   * An order as the CA sees it.
   *
   * @param status how far it is
   * @param problem why it is invalid, null otherwise
   * @param askAgain after how long to ask again, a day at most; null if the CA does not say
   */
  record OrderView(Progress status, @Nullable Problem problem, @Nullable Duration askAgain) {}

  /**
   * An authorization as the CA sees it.
   *
   * @param status how far it is
   * @param triggered the type of the challenge that the CA works on or has worked on, null if none
   * @param problem why it is invalid, null otherwise
   * @param askAgain after how long to ask again, a day at most; null if the CA does not say
   */
  record AuthorizationView(
      Authorization.Status status,
      @Nullable String triggered,
      @Nullable Problem problem,
      @Nullable Duration askAgain) {}

  /**
   * An order that was placed.
   *
   * @param life after how long the CA forgets it, null if it does not say
   * @param authorizations what the CA wants to be shown; it may be what the account has already
   * @param untouched those of them that may be new: pending, and no challenge was tried
   */
  record Placed(
      URI location,
      @Nullable Duration life,
      List<Authorization> authorizations,
      Set<URI> untouched) {
    /** Keeps copies. */
    public Placed {
      authorizations = List.copyOf(authorizations);
      untouched = Set.copyOf(untouched);
    }

    /** What is kept of it. */
    public Order.Placement at(Instant now) {
      return new Order.Placement(location, life == null ? null : now.plus(life), authorizations);
    }
  }

  /** The account that orders: the CA's limits go by it. */
  URI account() throws CaException, InterruptedException;

  /**
   * Places an order. A CA may answer with an open order of the account for the same names, and with
   * authorizations that the account has already.
   */
  Placed place(List<String> domains) throws CaException, InterruptedException;

  /**
   * Has the CA forget that a domain was, or was to be, proved (RFC 8555, section 7.5.2). Orders
   * that need it come to nothing.
   *
   * @throws CaException if it refuses, as with one that is valid no more
   */
  void deactivate(URI authorization) throws CaException, InterruptedException;

  /** Looks at an order. */
  OrderView order(URI order) throws CaException, InterruptedException;

  /** Looks at an authorization. */
  AuthorizationView authorization(URI authorization) throws CaException, InterruptedException;

  /** Asks the CA to validate. It does it once: if it fails, the order has failed. */
  void validate(Challenge challenge) throws CaException, InterruptedException;

  /**
   * Asks for the certificate of an order that is ready.
   *
   * @param csr the signing request in DER
   */
  void finalizeOrder(URI order, byte[] csr) throws CaException, InterruptedException;

  /**
   * Fetches the certificate of an order that is valid: the chain, the order's own certificate
   * first.
   */
  List<X509Certificate> certificate(URI order) throws CaException, InterruptedException;
}
