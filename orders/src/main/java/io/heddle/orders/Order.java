package io.heddle.orders;

import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
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
 * @param route the CA, if it is not the first one of the configuration
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
    @Nullable Certificate certificate,
    @Nullable Route route) {
  /** The name of the first CA of the configuration. */
  public static final String FIRST_CA = "main";

  /** Checks that the required components are present: orders are also read from the store. */
  public Order {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(request, "request");
    Objects.requireNonNull(state, "state");
    Objects.requireNonNull(created, "created");
  }

  /**
   * The CA of an order.
   *
   * @param ca its name in the configuration
   * @param left the CAs that the order has left
   */
  public record Route(String ca, List<LeftCa> left) {
    /** Checks that it names a CA, and copies the list. */
    public Route {
      Objects.requireNonNull(ca, "ca");
      left = List.copyOf(Objects.requireNonNull(left, "left"));
    }
  }

  /**
   * A CA that an order has left.
   *
   * @param until when the order may return to it, on the queue's clock; null if the CA will not
   *     issue the certificate, whenever it is asked
   */
  public record LeftCa(String ca, @Nullable Instant until) {
    /** Checks that it names a CA. */
    public LeftCa {
      Objects.requireNonNull(ca, "ca");
    }
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

    /** The same request, which names the order that it renews, and not its certificate. */
    Request withoutReplacedCertificate() {
      return replaces == null || replaces.certificate() == null
          ? this
          : new Request(customer, domains, csr, isOnce, new Replaced(replaces.order(), null));
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
    return new Order(id, request, OrderState.SUBMITTED, now, 0, 0, null, null, null, null);
  }

  /**
   * Moves to another state.
   *
   * @return the order in that state, with its problem resolved
   * @throws IllegalStateException if its state does not allow that
   */
  public Order to(OrderState next) {
    check(next);
    return new Order(id, request, next, created, attempts, 0, placement, null, certificate, route);
  }

  /** Stays in its state, because of a problem that may be temporary. */
  public Order held(Problem reason) {
    return new Order(
        id, request, state, created, attempts, waits, placement, reason, certificate, route);
  }

  /**
   * Stays in its state, because the CA does not answer or has not finished.
   *
   * @param reason why the CA does not answer, null if it has not finished
   */
  public Order waited(@Nullable Problem reason) {
    boolean isAnother = (reason == null) != (problem == null);
    int count = isAnother ? 1 : waits + 1;
    return new Order(
        id, request, state, created, attempts, count, placement, reason, certificate, route);
  }

  /** Counts another failed attempt. */
  public Order attempted() {
    return new Order(
        id, request, state, created, attempts + 1, 0, placement, problem, certificate, route);
  }

  /** Returns to the first state, without the CA's order, which is useless now. */
  public Order again(Problem reason) {
    check(OrderState.SUBMITTED);
    return new Order(
        id, request, OrderState.SUBMITTED, created, attempts, 0, null, reason, null, route);
  }

  /** The name of the CA at which it is placed, or is to be placed next. */
  public String ca() {
    return route == null ? FIRST_CA : route.ca();
  }

  /** Whether it has left a CA, and may not return to it yet. */
  public boolean hasLeft(String ca, Instant now) {
    return left().stream()
        .filter(one -> one.ca().equals(ca))
        .anyMatch(one -> one.until() == null || now.isBefore(one.until()));
  }

  /** The CAs that it has left. */
  public List<LeftCa> left() {
    return route == null ? List.of() : route.left();
  }

  /** The same order at a CA, as if it had left none. */
  public Order at(String ca) {
    return new Order(
        id,
        request,
        state,
        created,
        attempts,
        waits,
        placement,
        problem,
        certificate,
        ca.equals(FIRST_CA) ? null : new Route(ca, List.of()));
  }

  /**
   * Returns to the first state, to be placed at another CA. The other CA does not know a
   * certificate that this one has issued, so it is not told which certificate it replaces.
   *
   * @param until when it may return to this CA; null if this CA will not issue the certificate,
   *     whenever it is asked
   */
  public Order elsewhere(String ca, @Nullable Instant until, Problem reason) {
    check(OrderState.SUBMITTED);
    List<LeftCa> left = new ArrayList<>(left());
    left.removeIf(one -> one.ca().equals(ca()));
    left.add(new LeftCa(ca(), until));
    return new Order(
        id,
        request.withoutReplacedCertificate(),
        OrderState.SUBMITTED,
        created,
        attempts,
        0,
        null,
        reason,
        null,
        new Route(ca, left));
  }

  /** Is given up, and keeps all information. */
  public Order dead(Problem reason) {
    check(OrderState.DEAD);
    return new Order(
        id, request, OrderState.DEAD, created, attempts, 0, placement, reason, null, route);
  }

  /** Is given up after its certificate was revoked. A replay orders another certificate. */
  public Order revoked(Problem reason) {
    check(OrderState.DEAD);
    return new Order(id, request, OrderState.DEAD, created, attempts, 0, null, reason, null, route);
  }

  /**
   * Is tried again after it was given up, with as many attempts as a new order: with the CA's order
   * if that is still usable, otherwise from the first state.
   */
  public Order replayed(Instant now) {
    boolean isUsable = placement != null && placement.isUsable(now);
    OrderState next = isUsable ? OrderState.CHECKING : OrderState.SUBMITTED;
    check(next);
    Route again = route == null ? null : new Route(route.ca(), List.of());
    return new Order(
        id, request, next, created, 0, 0, isUsable ? placement : null, problem, null, again);
  }

  /** The same order with its placement at the CA. */
  public Order with(Placement made) {
    return new Order(
        id, request, state, created, attempts, waits, made, problem, certificate, route);
  }

  /** The same order with its certificate. */
  public Order with(Certificate issued) {
    return new Order(
        id, request, state, created, attempts, waits, placement, problem, issued, route);
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
