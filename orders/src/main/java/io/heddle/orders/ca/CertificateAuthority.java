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
 * The pipeline's interface to a certificate authority. Every method is one exchange with the CA,
 * blocks until the CA has answered, and may be called by any goroutine.
 *
 * <p>Where the CA sends a time of day, these methods return the time until then, by the CA's own
 * clock, so no other clock has to be right.
 */
public interface CertificateAuthority {
  /** The progress of an order at the CA. */
  enum Progress {
    /** Authorizations are missing. */
    PENDING,
    /** All authorizations are valid. */
    READY,
    /** The certificate is being made. */
    PROCESSING,
    /** The certificate has been issued. */
    VALID,
    /** Failed, or expired. */
    INVALID
  }

  /**
   * An order as the CA sees it.
   *
   * @param status its progress
   * @param problem why it is invalid, null otherwise
   * @param askAgain when to ask again, within a day; null if the CA does not say
   */
  record OrderView(Progress status, @Nullable Problem problem, @Nullable Duration askAgain) {}

  /**
   * An authorization as the CA sees it.
   *
   * @param status its status
   * @param triggered the type of the challenge that the CA is validating or has validated, null if
   *     none
   * @param problem why it is invalid, null otherwise
   * @param askAgain when to ask again, within a day; null if the CA does not say
   */
  record AuthorizationView(
      Authorization.Status status,
      @Nullable String triggered,
      @Nullable Problem problem,
      @Nullable Duration askAgain) {}

  /**
   * An order that was placed.
   *
   * @param life the time until the CA discards it, null if the CA does not say
   * @param authorizations the proofs that the CA requires; the account may have them already
   * @param untouched those that may be new: they are pending, and no challenge was tried
   */
  record Placed(
      URI location,
      @Nullable Duration life,
      List<Authorization> authorizations,
      Set<URI> untouched) {
    /** Copies the lists. */
    public Placed {
      authorizations = List.copyOf(authorizations);
      untouched = Set.copyOf(untouched);
    }

    /** The part that is stored with the order. */
    public Order.Placement at(Instant now) {
      return new Order.Placement(location, life == null ? null : now.plus(life), authorizations);
    }
  }

  /**
   * When a certificate should be renewed, as the CA suggests (RFC 9773).
   *
   * @param start the time until the window begins; negative if it has begun
   * @param end the time until the window ends; negative if it has ended
   * @param askAgain when to ask again, within a day; null if the CA does not say
   * @param explanation a page that explains the window, for people; null if the CA names no page
   */
  record RenewalWindow(
      Duration start, Duration end, @Nullable Duration askAgain, @Nullable URI explanation) {}

  /** The account that places orders, to which the CA's limits apply. */
  URI account() throws CaException, InterruptedException;

  /**
   * Places an order. A CA may answer with an open order of the account for the same names, and with
   * authorizations that the account has already.
   *
   * @param replaces the {@linkplain #renewalWindow id} of the certificate that the new one
   *     replaces; null for a first certificate. A CA that supports RFC 9773 does not count such an
   *     order towards some of its limits, and refuses it if another order has replaced the
   *     certificate already; other CAs do not learn of it
   */
  Placed place(List<String> domains, @Nullable String replaces)
      throws CaException, InterruptedException;

  /** Places an order for names that have no certificate yet. */
  default Placed place(List<String> domains) throws CaException, InterruptedException {
    return place(domains, null);
  }

  /**
   * Revokes a certificate that the account has ordered.
   *
   * @param reason why, as a number of RFC 5280
   * @throws CaException if the CA refuses; with the problem {@code alreadyRevoked} if it has
   *     revoked the certificate before
   */
  void revoke(X509Certificate certificate, int reason) throws CaException, InterruptedException;

  /**
   * Returns when a certificate should be renewed.
   *
   * @param certificate the certificate's id, as RFC 9773 defines it
   * @return the window; null if the CA does not suggest any
   */
  @Nullable RenewalWindow renewalWindow(String certificate)
      throws CaException, InterruptedException;

  /**
   * Makes the CA discard an authorization, whether valid or pending (RFC 8555, section 7.5.2).
   * Orders that need it fail.
   *
   * @throws CaException if the CA refuses, for example because it is not valid any more
   */
  void deactivate(URI authorization) throws CaException, InterruptedException;

  /** Returns the state of an order. */
  OrderView order(URI order) throws CaException, InterruptedException;

  /** Returns the state of an authorization. */
  AuthorizationView authorization(URI authorization) throws CaException, InterruptedException;

  /** Asks the CA to validate a challenge. It does so once: if that fails, the order has failed. */
  void validate(Challenge challenge) throws CaException, InterruptedException;

  /**
   * Requests the certificate of an order that is ready.
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
