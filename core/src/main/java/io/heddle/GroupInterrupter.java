package io.heddle;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Interrupts the goroutines of a group when the group's context is done, which {@linkplain
 * CancelContext#interrupts has it woken}.
 *
 * <p>A goroutine has a slot from before it starts until it ends. It takes the slot in one atomic
 * step and leaves it by a plain write, both in cache lines that sixteen goroutines share; a queue
 * would have the processors pass its lock and its neighbours to each other for each goroutine.
 *
 * <p>A slot is used once: it goes from null to the goroutine to {@link #ENDED}. The end of the
 * context puts {@link #TAKEN} into all of them. So a goroutine is either found in its slot or finds
 * the slot taken, and is then interrupted at once.
 *
 * <p>Slots come in blocks. Those whose goroutines have all ended are swept out when there are twice
 * as many blocks as the last sweep left, or half as many active tasks. So the cost of a task is
 * constant on average, and a group that runs indefinitely uses memory for its active tasks only.
 */
final class GroupInterrupter extends Waiter {
  static final int BLOCK = 64;

  /** A sweep of so few blocks would not pay. */
  static final int FEW_BLOCKS = 2;

  private static final Object ENDED = new Object();
  private static final Object TAKEN = new Object();

  /** On top when the context is done. */
  private static final Block CLOSED = new Block(null);

  private static final VarHandle TOP;
  private static final VarHandle SWEEPING;
  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(Object[].class);

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      TOP = lookup.findVarHandle(GroupInterrupter.class, "top", Block.class);
      SWEEPING = lookup.findVarHandle(GroupInterrupter.class, "sweeping", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final ActiveTasks active;

  /** The block that is being filled; those below it are full. */
  private volatile @Nullable Block top;

  /** Whether a thread sweeps; only that thread writes the next three fields. */
  private volatile boolean sweeping;

  private volatile int swept;
  private volatile int mostBlocks = FEW_BLOCKS;
  private volatile int fewTasks;

  GroupInterrupter(ActiveTasks active) {
    this.active = active;
  }

  /** Without a lock, as a hint: whether no goroutine would be interrupted. */
  boolean isEmpty() {
    return active.count() == 0;
  }

  /** Gives a goroutine, which has not been started, a slot; its task is counted as active. */
  void add(GroupTask<?> task, Cancellable goroutine) {
    for (Block block = top; block != CLOSED; block = top) {
      if (block != null) {
        for (int i = block.used; i < BLOCK; i++) {
          Object found = SLOT.compareAndExchange(block.slots, i, null, goroutine);
          if (found == null) {
            block.used = i + 1;
            task.hasSlot(block.slots, i);
            return;
          } else if (found == TAKEN) {
            goroutine.interruptByContext();
            return;
          }
        }
      }
      Block fresh = new Block(block);
      if (TOP.compareAndSet(this, block, fresh) && fresh.height - swept > mostBlocks) {
        boolean _ = sweep(fresh);
      }
    }
    goroutine.interruptByContext();
  }

  /** Called by the goroutine that has the slot, when it ends. */
  static void leave(@Nullable Object[] slots, int index) {
    SLOT.setOpaque(slots, index, ENDED);
  }

  /** Called when a task has been counted out, with the number of remaining tasks. */
  void ended(int left) {
    for (int now = left; now <= fewTasks; now = active.count()) { // others may end meanwhile
      Block from = top;
      if (from == null || from.height - swept <= FEW_BLOCKS || !sweep(from)) {
        return;
      }
    }
  }

  /**
   * Unlinks blocks below one. An unlinked block keeps its own link: another thread may be at it.
   *
   * @return false if there were none, or another thread sweeps
   */
  private boolean sweep(Block from) {
    if (!SWEEPING.compareAndSet(this, false, true)) {
      return false;
    }
    fewTasks = active.count() / 2;
    int kept = 0;
    int gone = swept;
    for (Block block = from; block != null; block = block.below) {
      Block below = block.below;
      while (below != null && below.hasEnded()) {
        below = below.below;
        gone++;
      }
      block.below = below;
      kept++;
    }
    boolean found = gone != swept;
    swept = gone;
    mostBlocks = FEW_BLOCKS + 2 * kept;
    sweeping = false;
    return found;
  }

  /** How many blocks it has. */
  int blocks() {
    int blocks = 0;
    for (Block block = top; block != null; block = block.below) {
      blocks++;
    }
    return blocks;
  }

  /**
   * The context is done. A failure to interrupt one goroutine does not keep the others from being
   * interrupted.
   */
  @Override
  void wake() {
    Throwable failure = null;
    for (Block block = (Block) TOP.getAndSet(this, CLOSED); block != null; block = block.below) {
      for (int i = 0; i < BLOCK; i++) {
        if (SLOT.getAndSet(block.slots, i, TAKEN) instanceof Cancellable goroutine) {
          try {
            goroutine.interruptByContext();
          } catch (Throwable e) {
            failure = failure == null ? e : failure;
          }
        }
      }
    }
    rethrow(failure);
  }

  private static final class Block {
    final @Nullable Object[] slots = new @Nullable Object[BLOCK];

    /** How many blocks there have been. */
    final int height;

    /** All slots before this one have been used; others may have been, too. */
    int used;

    @Nullable Block below;

    Block(@Nullable Block below) {
      this.below = below;
      this.height = below == null ? 1 : below.height + 1;
    }

    boolean hasEnded() {
      int last = BLOCK - 1;
      while (last >= 0 && slots[last] == ENDED) {
        last--;
      }
      return last < 0;
    }
  }
}
