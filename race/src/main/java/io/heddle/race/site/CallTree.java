package io.heddle.race.site;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stack of calls, as a node in the tree of all stacks that occurred: its parent is the caller's
 * stack. Each instrumented method that calls others finds its own node when it begins. So a past
 * access has its whole stack, however long ago it was, for the price of one number.
 *
 * <p>Recursion is folded: a call from a place that is on the stack already has the node that the
 * earlier call from there has. Otherwise a method that calls itself twice would have a node for
 * each of its calls, which are more than fit into the memory.
 *
 * <p>Only calls from instrumented code are in it: what the JDK calls back looks as if it were
 * called by the method that called the JDK.
 */
public final class CallTree {
  /** Beyond these, a stack has lost its outer calls. */
  private static final int MAX_DEPTH = 200;

  private static final int MAX_NODES = 1 << 20;

  private static final List<CallTree> NODES = new ArrayList<>();

  /** The stack of no call. */
  public static final CallTree ROOT = new CallTree(null, 0, 0);

  private final @Nullable CallTree parent;
  private final int site;
  private final int depth;
  private final int id;

  /**
   * A hash table by site of the children, and of the ancestors that calls from here are folded
   * into; null is an empty one. It is filled under the lock and read without: what is found in it
   * is right, and what is not is looked for again under the lock.
   */
  private volatile @Nullable CallTree @Nullable [] children;

  private int count;

  private CallTree(@Nullable CallTree parent, int site, int depth) {
    this.parent = parent;
    this.site = site;
    this.depth = depth;
    synchronized (NODES) {
      this.id = NODES.size();
      NODES.add(this);
    }
  }

  /**
   * The stack of a call from a place in the method that this is the stack of.
   *
   * @param site the place
   * @return always the same
   */
  public CallTree child(int site) {
    CallTree found = find(children, site);
    return found == null ? add(site) : found;
  }

  private static @Nullable CallTree find(@Nullable CallTree @Nullable [] table, int site) {
    if (table == null) {
      return null;
    }
    for (int at = site & table.length - 1; ; at = at + 1 & table.length - 1) {
      CallTree child = table[at];
      if (child == null || child.site == site) {
        return child;
      }
    }
  }

  private synchronized CallTree add(int site) {
    CallTree found = find(children, site);
    if (found != null) {
      return found;
    }
    CallTree added = folded(site);
    if (added == null) {
      if (this != ROOT && (depth == MAX_DEPTH || size() >= MAX_NODES)) {
        return ROOT.child(site); // the place is right, but not who called
      }
      added = new CallTree(this, site, depth + 1);
    }
    @Nullable CallTree[] table = children;
    if (table == null) {
      table = new CallTree[2];
      children = table;
    } else if (2 * count >= table.length) {
      @Nullable CallTree[] larger = new CallTree[4 * table.length];
      for (CallTree child : table) {
        if (child != null) {
          put(larger, child);
        }
      }
      table = larger;
      children = larger;
    }
    put(table, added);
    count++;
    return added;
  }

  private static void put(@Nullable CallTree[] table, CallTree child) {
    int at = child.site & table.length - 1;
    while (table[at] != null) {
      at = at + 1 & table.length - 1;
    }
    table[at] = child;
  }

  private @Nullable CallTree folded(int site) {
    for (CallTree at = this; at != null; at = at.parent) {
      if (at.site == site) {
        return at;
      }
    }
    return null;
  }

  private static int size() {
    synchronized (NODES) {
      return NODES.size();
    }
  }

  /**
   * The stack of the caller.
   *
   * @return itself without such a call
   */
  public CallTree parent() {
    return parent == null ? this : parent;
  }

  /**
   * The place of the call.
   *
   * @return a site, 0 if the caller is not known
   */
  public int site() {
    return site;
  }

  /**
   * This stack with the locks that are held there.
   *
   * @param locks the number of the set
   * @return this one if there are none
   */
  public CallTree holding(int locks) {
    return locks == 0 ? this : child(-locks);
  }

  /**
   * The stack without its locks.
   *
   * @return itself if it does not say which locks are held
   */
  public CallTree place() {
    return site < 0 && parent != null ? parent : this;
  }

  /**
   * The locks that are known to be held.
   *
   * @return their names, in the order in which they were locked
   */
  public List<String> locks() {
    return site < 0 ? LockSets.names(-site) : List.of();
  }

  /**
   * A number by which {@link #of} finds it.
   *
   * @return not negative
   */
  public int id() {
    return id;
  }

  /**
   * A stack by its number.
   *
   * @param id what {@link #id} has returned
   * @return the stack
   */
  public static CallTree of(int id) {
    synchronized (NODES) {
      return NODES.get(id);
    }
  }

  /**
   * The places on the stack.
   *
   * @return sites, the innermost first
   */
  public List<Integer> sites() {
    List<Integer> sites = new ArrayList<>();
    for (CallTree at = place(); at.parent != null; at = at.parent) {
      if (at.site != 0) {
        sites.add(at.site);
      }
    }
    return sites;
  }
}
