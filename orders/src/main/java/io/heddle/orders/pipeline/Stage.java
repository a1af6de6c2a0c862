package io.heddle.orders.pipeline;

import io.heddle.Context;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.ca.CaException;
import io.heddle.queue.Delivery;
import io.heddle.queue.QueueException;
import java.io.IOException;

/**
 * A stage of the pipeline. Two workers may work on the same order: a worker that was suspended for
 * longer than its lease does not know that another one has taken the order over. Either may be at
 * any point of this work. So the result for the owner of the lease must be the same whatever the
 * other worker has done, is doing, or will do.
 */
interface Stage {
  /** The state of the orders that it works on. */
  OrderState state();

  /**
   * Works on an order. Blocks, but not until the order is due again: the queue does that.
   *
   * @param order the order, in this stage's state
   * @param delivery the order's lease; its clock is the queue's, because what is written into an
   *     order is compared with the times of other workers
   * @param context done when the work is in vain: whatever it starts has to end then
   * @throws CaException if the CA does not do what it is asked for
   * @throws OutageException if this machine cannot do its part: it is not the order's fault
   */
  Step work(Order order, Delivery delivery, Context context)
      throws CaException, OutageException, IOException, QueueException, InterruptedException;
}
