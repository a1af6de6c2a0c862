package io.heddle;

import java.util.List;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jspecify.annotations.Nullable;

/** The claim of a waiter, for Lincheck: of all who try, in one wait, one succeeds. */
public class WaiterClaims {
  private final Waiter waiter = new Waiter();
  private final List<Node> nodes = List.of(node(), node(), node());

  public WaiterClaims() {
    waiter.prepare();
  }

  private static Node node() {
    return new Node() {
      @Override
      @Nullable Waitable on() {
        return null;
      }
    };
  }

  @Operation
  public boolean claim(@Param(gen = IntGen.class, conf = "0:2") int node) {
    return waiter.claim(nodes.get(node));
  }

  @Operation
  public boolean giveUp() {
    return waiter.abandon();
  }

  @Operation
  public boolean isWaiting() {
    return waiter.isWaiting();
  }

  @Operation
  public int claimedBy() {
    return nodes.indexOf(waiter.claimedBy());
  }
}
