package io.heddle.orders;

import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A certificate order: the customer's request, and its progress. Immutable; the store contains the
 * current version, and the time at which it is due.
 *
 * @param id its id here
 * @param created when it was submitted
 * @param attempts the number of failed attempts since it was submitted or replayed
 * @param waits how many times in a row it waited for the CA, which did not answer or had not
 *     finished; these are not attempts, but each wait is longer than the one before
 * @param placement the order at the CA, null as long as the CA does not know it
 * @param problem the last problem, null if there was none or it has been resolved
 * @param certificate the certificate, once issued
 */
public record Order(
    String id,
    Request request,
    OrderState state,
    Instant created,
    int attempts,
    int waits,
    @Nullable Placement placement,
    @Nullable Problem problem,
    @Nullable Certificate certificate) {

  /** Checks that the required components are present: orders are also read from the store. */
  public Order {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(request, "request");
    Objects.requireNonNull(state, "state");
    Objects.requireNonNull(created, "created");
  }

  /**
   * A customer's request.
   *
   * @param domains the names for the certificate, in lower case, wildcards with {@code *.}
   * @param csr the customer's signing request in PEM, whose private key stays with the customer;
   *     null if the key is to be made here
   * @param isOnce whether the certificate is not to be renewed
   * @param replaces the certificate that is to be renewed; null if the names are ordered for the
   *     first time
   */
  public record Request(
      String customer,
      List<String> domains,
      @Nullable String csr,
      boolean isOnce,
      @Nullable Replaced replaces) {
    /** Checks that it names a customer, and copies the list. */
    public Request {
      Objects.requireNonNull(customer, "customer");
      domains = List.copyOf(Objects.requireNonNull(domains, "domains"));
    }

    /**
     * A request for a certificate that is to be renewed.
     *
     * @param domains the names for the certificate, in lower case, wildcards with {@code *.}
     * @param csr the customer's signing request in PEM; null if the key is to be made here
     */
    public Request(String customer, List<String> domains, @Nullable String csr) {
      this(customer, domains, csr, false, null);
    }

    /** The same request for a certificate that is not to be renewed. */
    public Request once() {
      return new Request(customer, domains, csr, true, replaces);
    }

    /** The request that renews a certificate of this request. */
    public Request renewing(Replaced certificate) {
      return new Request(customer, domains, csr, isOnce, certificate);
    }

    /** Whether customer, signing request and names are equal; the order of names is ignored. */
    public boolean isSame(Request other) {
      return customer.equals(other.customer)
          && Objects.equals(csr, other.csr)
          && Set.copyOf(domains).equals(Set.copyOf(other.domains));
    }
  }

  /**
   * A certificate that is to be renewed.
   *
   * @param order the id of its order
   * @param certificate its id as RFC 9773 defines it; null if absent
   */
  public record Replaced(String order, @Nullable String certificate) {
    /** Checks that it names an order. */
    public Replaced {
      Objects.requireNonNull(order, "order");
    }
  }

  /**
   * An order at the CA.
   *
   * @param expires when the CA discards it, on the queue's clock; null if the CA does not say
   * @param authorizations the proofs that the CA requires
   * @param account the id of the account that placed it; null if an earlier version did
   */
  public record Placement(
      URI location,
      @Nullable Instant expires,
      List<Authorization> authorizations,
      @Nullable String account) {
    /** Checks that it has a location, and copies the list. */
    public Placement {
      Objects.requireNonNull(location, "location");
      authorizations = List.copyOf(Objects.requireNonNull(authorizations, "authorizations"));
    }

    /**
     * An order at the CA that was placed by an unknown account.
     *
     * @param expires when the CA discards it, on the queue's clock; null if the CA does not say
     * @param authorizations the proofs that the CA requires
     */
    public Placement(URI location, @Nullable Instant expires, List<Authorization> authorizations) {
      this(location, expires, authorizations, null);
    }

    /** The same placement with an account. */
    public Placement by(String id) {
      return new Placement(location, expires, authorizations, id);
    }

    /** The same placement with other authorizations. */
    public Placement with(List<Authorization> changed) {
      return new Placement(location, expires, changed, account);
    }

    /** Whether the order can still succeed. */
    private boolean isUsable(Instant now) {
      return (expires == null || now.isBefore(expires))
          && authorizations.stream().noneMatch(one -> one.status() == Authorization.Status.INVALID);
    }
  }

  /**
   * A certificate.
   *
   * @param chain the chain in PEM, the order's own certificate first
   * @param serial its serial number in hexadecimal
   */
  public record Certificate(String chain, String serial, Instant notAfter) {
    /** Checks that the components are present. */
    public Certificate {
      Objects.requireNonNull(chain, "chain");
      Objects.requireNonNull(serial, "serial");
      Objects.requireNonNull(notAfter, "notAfter");
    }
  }

  /** A new order. */
  public static Order submitted(String id, Request request, Instant now) {
    return new Order(id, request, OrderState.SUBMITTED, now, 0, 0, null, null, null);
  }

  /**
   * Moves to another state.
   *
   * @return the order in that state, with its problem resolved
   * @throws IllegalStateException if its state does not allow that
   */
  public Order to(OrderState next) {
    check(next);
    return new Order(id, request, next, created, attempts, 0, placement, null, certificate);
  }

  /** Stays in its state, because of a problem that may be temporary. */
  public Order held(Problem reason) {
    return new Order(id, request, state, created, attempts, waits, placement, reason, certificate);
  }

  /**
   * Stays in its state, because the CA does not answer or has not finished.
   *
   * @param reason why the CA does not answer, null if it has not finished
   */
  public Order waited(@Nullable Problem reason) {
    boolean isAnother = (reason == null) != (problem == null);
    int count = isAnother ? 1 : waits + 1;
    return new Order(id, request, state, created, attempts, count, placement, reason, certificate);
  }

  /** Counts another failed attempt. */
  public Order attempted() {
    return new Order(id, request, state, created, attempts + 1, 0, placement, problem, certificate);
  }

  /** Returns to the first state, without the CA's order, which is useless now. */
  public Order again(Problem reason) {
    check(OrderState.SUBMITTED);
    return new Order(id, request, OrderState.SUBMITTED, created, attempts, 0, null, reason, null);
  }

  /** Is given up, and keeps all information. */
  public Order dead(Problem reason) {
    check(OrderState.DEAD);
    return new Order(id, request, OrderState.DEAD, created, attempts, 0, placement, reason, null);
  }

  /** Is given up after its certificate was revoked. A replay orders another certificate. */
  public Order revoked(Problem reason) {
    check(OrderState.DEAD);
    return new Order(id, request, OrderState.DEAD, created, attempts, 0, null, reason, null);
  }

  /**
   * Is tried again after it was given up, with as many attempts as a new order: with the CA's order
   * if that is still usable, otherwise from the first state.
   */
  public Order replayed(Instant now) {
    boolean isUsable = placement != null && placement.isUsable(now);
    OrderState next = isUsable ? OrderState.CHECKING : OrderState.SUBMITTED;
    check(next);
    return new Order(id, request, next, created, 0, 0, isUsable ? placement : null, problem, null);
  }

  /** The same order with its placement at the CA. */
  public Order with(Placement made) {
    return new Order(id, request, state, created, attempts, waits, made, problem, certificate);
  }

  /** The same order with its certificate. */
  public Order with(Certificate issued) {
    return new Order(id, request, state, created, attempts, waits, placement, problem, issued);
  }

  /** The proofs that the CA requires; empty as long as the CA does not know the order. */
  public List<Authorization> authorizations() {
    return placement == null ? List.of() : placement.authorizations();
  }

  private void check(OrderState next) {
    if (!state.canBecome(next)) {
      throw new IllegalStateException(
          "order " + id + " cannot go from " + state.label() + " to " + next.label());
    }
  }
}
