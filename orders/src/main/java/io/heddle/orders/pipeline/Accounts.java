package io.heddle.orders.pipeline;

import io.heddle.orders.Order;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.ca.CertificateAuthority;
import io.heddle.queue.QueueException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Which account orders for whom. */
public interface Accounts {
  /**
   * An account at a CA.
   *
   * @param id names it; another key or another CA is another account
   * @param ca the CA, asked by the account
   */
  record Account(String id, CertificateAuthority ca) {}

  /**
   * What an order's account is called, for people and to tell it from others. Does not block.
   *
   * @return the name; orders of one name share what the CA says of the account
   */
  String name(Order order);

  /**
   * The account that is to go on with an order: the one that has placed it, or, as long as none
   * has, its customer's, which is made if there is none. Does not ask the CA.
   *
   * @return the account; null if the one that has placed it is of no use any more
   * @throws CaException if the account's key is not the one that it was
   */
  @Nullable Account of(Order order)
      throws CaException, IOException, QueueException, InterruptedException;

  /**
   * One account for all customers.
   *
   * @param ca the CA, asked by the account
   * @return accounts, of which there is one
   */
  static Accounts one(String id, CertificateAuthority ca) {
    Account account = new Account(id, ca);
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
