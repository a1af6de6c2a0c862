package io.heddle.race.report;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stack of calls, as a node in the tree of all stacks that occurred: its parent is the caller's
 * stack. Each instrumented method finds its own node when it begins. So a past access has its whole
 * stack, however long ago it was, for the price of one number.
 *
 * <p>Only calls from instrumented code are in it: what the JDK calls back looks as if it were
 * called by the method that called the JDK.
 */
public final class CallTree {
  /** Deeper calls share a node: recursion must not fill the memory. */
  private static final int MAX_DEPTH = 200;

  private static final List<CallTree> NODES = new ArrayList<>();

  /** The stack of no call. */
  public static final CallTree ROOT = new CallTree(null, 0, 0);

  private final @Nullable CallTree parent;
  private final int site;
  private final int depth;
  private final int id;

  /** A list that is only ever replaced by a longer one, linked through {@link #sibling}. */
  private volatile @Nullable CallTree firstChild;

  private final @Nullable CallTree sibling;

  private CallTree(@Nullable CallTree parent, int site, int depth) {
    this.parent = parent;
    this.site = site;
    this.depth = depth;
    this.sibling = parent == null ? null : parent.firstChild;
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
    for (CallTree child = firstChild; child != null; child = child.sibling) {
      if (child.site == site) {
        return child;
      }
    }
    return depth == MAX_DEPTH ? this : add(site);
  }

  private synchronized CallTree add(int site) {
    for (CallTree child = firstChild; child != null; child = child.sibling) {
      if (child.site == site) {
        return child;
      }
    }
    CallTree added = new CallTree(this, site, depth + 1);
    firstChild = added;
    return added;
  }

  /**
   * The stack of the caller.
   *
   * @return itself if it has none
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
    for (CallTree at = this; at.parent != null; at = at.parent) {
      if (at.site != 0) {
        sites.add(at.site);
      }
    }
    return sites;
  }
}
