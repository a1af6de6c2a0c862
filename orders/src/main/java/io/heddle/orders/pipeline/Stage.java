package io.heddle.orders.pipeline;

import io.heddle.Context;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.ca.CaException;
import io.heddle.queue.Delivery;
import io.heddle.queue.QueueException;
import java.io.IOException;

/**
 * A stage of the pipeline. Two workers may have the same order, as a worker that stood still for
 * longer than its lease does not know yet that another one has taken the order over. Either may be
 * anywhere in this work, so the work must come out the same for the owner of the lease whatever the
 * other one has done, does, or will do.
 */
interface Stage {
  /** Which orders it works on. */
  OrderState state();

  /**
   * Works on an order. Blocks, but not for the time until the order is due again: that is the
   * queue's.
   *
   * @param order the order, in this stage's state
   * @param delivery the order's lease; its clock is the queue's, because what is written into an
   *     order is compared with the times of other workers
   * @param context done when the work is in vain: whatever it starts has to end then
   * @throws CaException if the CA does not do what it is asked for
   */
  Step work(Order order, Delivery delivery, Context context)
      throws CaException, IOException, QueueException, InterruptedException;
}
