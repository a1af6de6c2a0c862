package io.heddle.orders.pipeline;

import io.heddle.orders.Authorization;
import io.heddle.orders.Authorization.Status;
import io.heddle.orders.Challenge;
import io.heddle.orders.Problem;
import io.heddle.orders.ca.CaException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A CA that gives an account what it has already, by the rules of Boulder: an open order for the
 * same names, and valid or pending authorizations of a name. A domain is proved by whoever has put
 * a challenge's token where it belongs.
 */
class ReusingAuthority extends PromptAuthority {
  /** Of its orders: long enough for a few checks. */
  static final Duration LIFE = Duration.ofHours(2);

  private final Set<String> shown;
  private final Map<URI, Entry> orders = new HashMap<>();
  private final Map<URI, Proof> proofs = new HashMap<>();
  private int count;

  private static final class Entry {
    final Set<String> names;
    final List<Proof> proofs = new ArrayList<>();
    boolean isFinalized;

    Entry(Set<String> names) {
      this.names = names;
    }

    boolean isOpen() {
      return !isFinalized && proofs.stream().allMatch(one -> one.status != Status.INVALID);
    }

    boolean isReady() {
      return proofs.stream().allMatch(one -> one.status == Status.VALID);
    }
  }

  private static final class Proof {
    final String name;
    final URI location;
    final String token;
    Status status = Status.PENDING;
    boolean isTried;

    Proof(String name, URI location, String token) {
      this.name = name;
      this.location = location;
      this.token = token;
    }
  }

  /**
   * Validates tokens.
   *
   * @param shown those that are where they belong
   */
  ReusingAuthority(Set<String> shown) {
    super(LIFE);
    this.shown = shown;
  }

  private static URI uri(String path) {
    return URI.create("https://ca.test/" + path);
  }

  @Override
  public synchronized Placed place(List<String> domains) throws CaException {
    Set<String> names = new TreeSet<>(domains);
    for (Map.Entry<URI, Entry> one : orders.entrySet()) {
      if (one.getValue().isOpen() && one.getValue().names.equals(names)) {
        return placed(one.getKey(), one.getValue());
      }
    }
    Entry order = new Entry(names);
    for (String name : names) {
      order.proofs.add(
          proofs.values().stream()
              .filter(one -> one.name.equals(name) && one.status != Status.INVALID)
              .findAny()
              .orElseGet(() -> make(name)));
    }
    URI location = uri("order/" + ++count);
    orders.put(location, order);
    return placed(location, order);
  }

  private Proof make(String name) {
    Proof made = new Proof(name, uri("authorization/" + ++count), "token-" + count);
    proofs.put(made.location, made);
    return made;
  }

  private static Placed placed(URI location, Entry order) {
    List<Authorization> authorizations = new ArrayList<>();
    Set<URI> untouched = new HashSet<>();
    for (Proof one : order.proofs) {
      String answer = one.token + ".thumbprint";
      authorizations.add(
          new Authorization(
              one.name,
              false,
              one.location,
              one.status,
              List.of(new Challenge(Challenge.HTTP, one.location, one.token, answer)),
              null,
              null,
              null));
      if (one.status == Status.PENDING && !one.isTried) {
        untouched.add(one.location);
      }
    }
    return new Placed(location, LIFE, authorizations, untouched);
  }

  @Override
  public synchronized void deactivate(URI authorization) throws CaException {
    proofs.get(authorization).status = Status.INVALID;
  }

  @Override
  public synchronized AuthorizationView authorization(URI authorization) {
    Proof proof = proofs.get(authorization);
    return new AuthorizationView(
        proof.status,
        proof.isTried ? Challenge.HTTP : null,
        proof.status == Status.INVALID
            ? new Problem(Problem.ACME + "unauthorized", "No", 403, "deactivated, or not proved")
            : null,
        null);
  }

  @Override
  public synchronized void validate(Challenge challenge) {
    Proof proof = proofs.get(challenge.location());
    proof.isTried = true;
    if (proof.status == Status.PENDING) {
      proof.status = shown.contains(proof.token) ? Status.VALID : Status.INVALID;
    }
  }

  @Override
  public synchronized OrderView order(URI order) {
    Entry entry = orders.get(order);
    return new OrderView(
        entry.isFinalized
            ? Progress.VALID
            : entry.isReady()
                ? Progress.READY
                : entry.isOpen() ? Progress.PENDING : Progress.INVALID,
        null,
        null);
  }

  @Override
  public synchronized void finalizeOrder(URI order, byte[] csr) throws CaException {
    Entry entry = orders.get(order);
    if (entry.isFinalized || !entry.isReady()) {
      throw new CaException(
          CaException.Kind.REFUSED,
          new Problem(Problem.ACME + "orderNotReady", "Not ready", 403, "it is not ready"),
          null,
          null);
    }
    super.finalizeOrder(order, csr);
    entry.isFinalized = true;
  }
}
