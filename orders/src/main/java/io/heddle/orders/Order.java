package io.heddle.orders;

import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An order of a certificate: what the customer wants, and how far it is. Immutable; the store holds
 * the current one, and knows when it is due.
 *
 * @param id our name of it
 * @param created when it was ordered
 * @param attempts how often it came to nothing since it was submitted or replayed
 * @param waits how often in a row it had to wait for the CA, because it did not answer, or because
 *     it was not done; no attempts, but each wait is longer than the one before
 * @param placement what the CA made of it, null as long as the CA does not know it
 * @param problem what went wrong last, null if nothing did or it is overcome
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

  /** Checks that all is there that has to be: orders are also read from what was stored. */
  public Order {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(request, "request");
    Objects.requireNonNull(state, "state");
    Objects.requireNonNull(created, "created");
  }

  /**
   * What a customer wants.
   *
   * @param domains the names for the certificate, in lower case, wildcards with {@code *.}
   * @param csr the customer's signing request in PEM, whose key we never see; null if the key is to
   *     be made here
   */
  public record Request(String customer, List<String> domains, @Nullable String csr) {
    /** Checks that it names somebody, and keeps a copy. */
    public Request {
      Objects.requireNonNull(customer, "customer");
      domains = List.copyOf(Objects.requireNonNull(domains, "domains"));
    }

    /** Whether customer, signing request and names are the same, in whatever order. */
    public boolean isSame(Request other) {
      return customer.equals(other.customer)
          && Objects.equals(csr, other.csr)
          && Set.copyOf(domains).equals(Set.copyOf(other.domains));
    }
  }

  /**
   * An order at the CA.
   *
   * @param expires when the CA forgets it, on the queue's clock; null if it does not say
   * @param authorizations what the CA wants to be shown
   * @param account the id of the account that placed it; null if an earlier version did
   */
  public record Placement(
      URI location,
      @Nullable Instant expires,
      List<Authorization> authorizations,
      @Nullable String account) {
    /** Checks that it is somewhere, and keeps a copy. */
    public Placement {
      Objects.requireNonNull(location, "location");
      authorizations = List.copyOf(Objects.requireNonNull(authorizations, "authorizations"));
    }

    /**
     * An order at the CA, of an account that is not told.
     *
     * @param expires when the CA forgets it, on the queue's clock; null if it does not say
     * @param authorizations what the CA wants to be shown
     */
    public Placement(URI location, @Nullable Instant expires, List<Authorization> authorizations) {
      this(location, expires, authorizations, null);
    }

    /** The same, placed by an account. */
    public Placement by(String id) {
      return new Placement(location, expires, authorizations, id);
    }

    /** The same with other authorizations. */
    public Placement with(List<Authorization> changed) {
      return new Placement(location, expires, changed, account);
    }

    /** Whether the order can still come to a good end. */
    private boolean isUsable(Instant now) {
      return (expires == null || now.isBefore(expires))
          && authorizations.stream().noneMatch(one -> one.status() == Authorization.Status.INVALID);
    }
  }

  /**
   * A certificate.
   *
   * @param chain in PEM, its own first
   * @param serial its serial number in hexadecimal
   */
  public record Certificate(String chain, String serial, Instant notAfter) {
    /** Checks that all is there. */
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
   * Goes on to another state.
   *
   * @return the order in that state, its problem overcome
   * @throws IllegalStateException if it cannot go there from its state
   */
  public Order to(OrderState next) {
    check(next);
    return new Order(id, request, next, created, attempts, 0, placement, null, certificate);
  }

  /** Stays where it is, because of a problem that may pass. */
  public Order held(Problem reason) {
    return new Order(id, request, state, created, attempts, waits, placement, reason, certificate);
  }

  /**
   * Stays where it is, because the CA does not answer or is not done.
   *
   * @param reason why the CA does not answer, null if it is not done
   */
  public Order waited(@Nullable Problem reason) {
    boolean isAnother = (reason == null) != (problem == null);
    int count = isAnother ? 1 : waits + 1;
    return new Order(id, request, state, created, attempts, count, placement, reason, certificate);
  }

  /** Came to nothing once more. */
  public Order attempted() {
    return new Order(id, request, state, created, attempts + 1, 0, placement, problem, certificate);
  }

  /** Goes back to the start, with nothing of the CA's: its order is of no use any more. */
  public Order again(Problem reason) {
    check(OrderState.SUBMITTED);
    return new Order(id, request, OrderState.SUBMITTED, created, attempts, 0, null, reason, null);
  }

  /** Is given up, with all that is known of it. */
  public Order dead(Problem reason) {
    check(OrderState.DEAD);
    return new Order(id, request, OrderState.DEAD, created, attempts, 0, placement, reason, null);
  }

  /**
   * Is tried once more after it was given up, with as many attempts as a new one: at the CA's order
   * if that is still of use, else from the start.
   */
  public Order replayed(Instant now) {
    boolean isUsable = placement != null && placement.isUsable(now);
    OrderState next = isUsable ? OrderState.CHECKING : OrderState.SUBMITTED;
    check(next);
    return new Order(id, request, next, created, 0, 0, isUsable ? placement : null, problem, null);
  }

  /** With what the CA made of it. */
  public Order with(Placement made) {
    return new Order(id, request, state, created, attempts, waits, made, problem, certificate);
  }

  /** With its certificate. */
  public Order with(Certificate issued) {
    return new Order(id, request, state, created, attempts, waits, placement, problem, issued);
  }

  /** What the CA wants to be shown; none as long as the CA does not know the order. */
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
