package io.heddle.orders.pipeline;

import io.heddle.Context;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.queue.QueueException;
import java.io.IOException;
import java.time.InstantSource;

/**
 * A stage of the pipeline. Its work may be done twice, when a worker dies before it is known that
 * it was done: it has to come out the same.
 */
interface Stage {
  /** Which orders it works on. */
  OrderState state();

  /**
   * Works on an order. Blocks, but not for the time until the order is due again: that is the
   * queue's.
   *
   * @param order the order, in this stage's state
   * @param clock the queue's: what is written into an order others compare with theirs
   * @param context done when the work is in vain: whatever it starts has to end then
   * @return what becomes of it
   * @throws CaException if the CA does not do what it is asked for
   * @throws IOException if a file cannot be read or written
   */
  Step work(Order order, InstantSource clock, Context context)
      throws CaException, IOException, QueueException, InterruptedException;
}
