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
   * @param delivery the order's lease. Its clock is the queue's, because times in an order are
   *     compared with the times of other workers
   * @param context done when the work has become useless: all goroutines that it starts must end
   *     then
   * @throws CaException if the CA does not fulfil a request
   * @throws OutageException if this process cannot do its part, which is not the order's fault
   */
  Step work(Order order, Delivery delivery, Context context)
      throws CaException, OutageException, IOException, QueueException, InterruptedException;
}
