package io.heddle.orders.pipeline;

import io.heddle.orders.Order;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.ca.CertificateAuthority;
import io.heddle.orders.files.Chain;
import io.heddle.queue.QueueException;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Determines the account that places an order. */
public interface Accounts {
  /**
   * An account at a CA.
   *
   * @param id its id; another key or another CA is another account
   * @param ca the CA, accessed with this account
   * @param verifier verifies the certificates that the CA issues
   */
  record Account(String id, CertificateAuthority ca, Chain.Verifier verifier) {}

  /** The names of the CAs that this worker is configured with, in the order of preference. */
  default List<String> cas() {
    return List.of(Order.FIRST_CA);
  }

  /** Whether workers of the queue are configured with a CA that this one may not have. */
  default boolean isCaOfQueue(String ca) throws QueueException, InterruptedException {
    return cas().contains(ca);
  }

  /**
   * The name of an order's account and CA, for people and for comparison. Does not block.
   *
   * @return the name; a refusal of the account applies to all orders with the same name
   */
  String name(Order order);

  /**
   * The account for an order: the one that has placed it or, if none has yet, its customer's, which
   * is made if necessary. Does not ask the CA.
   *
   * @return the account; null if the one that has placed it cannot be used any more
   * @throws CaException if the account's key has changed
   */
  @Nullable Account of(Order order)
      throws CaException, IOException, QueueException, InterruptedException;

  /**
   * One account for all customers.
   *
   * @param ca the CA, accessed with this account
   * @param verifier verifies the certificates that the CA issues
   * @return accounts that contain only this one
   */
  static Accounts one(String id, CertificateAuthority ca, Chain.Verifier verifier) {
    Account account = new Account(id, ca, verifier);
    return new Accounts() {
      @Override
      public String name(Order order) {
        return id;
      }

      @Override
      public @Nullable Account of(Order order) {
        Order.Placement placement = order.placement();
        String placed = placement == null ? null : placement.account();
        return placed == null || placed.equals(id) ? account : null;
      }
    };
  }
}
