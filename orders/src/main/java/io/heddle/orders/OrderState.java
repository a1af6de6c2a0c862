package io.heddle.orders;

import com.google.gson.annotations.SerializedName;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * Where an order is on its way. Each state but the last two is also a stage of the pipeline, and a
 * queue with that stage's work.
 *
 * <pre>
 * submitted ──▶ checking ──▶ validating ──▶ finalizing ──▶ issued
 *     ▲            │             │              │
 *     └────────────┴── again ────┴──────────────┘          any ──▶ dead ──▶ (replay)
 * </pre>
 *
 * <p>An order goes back to the start when the CA's order is of no use any more: a failed validation
 * makes it invalid for good, and it expires.
 */
public enum OrderState {
  /** Accepted from the customer; the CA does not know of it yet. */
  @SerializedName("submitted")
  SUBMITTED,
  /** The CA has told its challenges; waits until each domain would pass one. */
  @SerializedName("checking")
  CHECKING,
  /** All domains would pass: the CA is asked to validate. */
  @SerializedName("validating")
  VALIDATING,
  /** The CA has validated; the certificate is asked for, fetched and verified. */
  @SerializedName("finalizing")
  FINALIZING,
  /** The certificate is there. */
  @SerializedName("issued")
  ISSUED,
  /** Given up, for a reason that the order tells; can be replayed. */
  @SerializedName("dead")
  DEAD;

  /** The states that are stages of the pipeline, in order. */
  public static final Set<OrderState> STAGES =
      EnumSet.of(SUBMITTED, CHECKING, VALIDATING, FINALIZING);

  private Set<OrderState> next() {
    return switch (this) {
      case SUBMITTED -> EnumSet.of(SUBMITTED, CHECKING, VALIDATING, FINALIZING, DEAD);
      case CHECKING -> EnumSet.of(CHECKING, VALIDATING, SUBMITTED, DEAD);
      case VALIDATING -> EnumSet.of(VALIDATING, FINALIZING, CHECKING, SUBMITTED, DEAD);
      case FINALIZING -> EnumSet.of(FINALIZING, ISSUED, SUBMITTED, DEAD);
      case ISSUED -> EnumSet.noneOf(OrderState.class);
      case DEAD -> EnumSet.of(SUBMITTED, CHECKING);
    };
  }

  /** Whether an order may go from this state to another. */
  public boolean canBecome(OrderState next) {
    return next().contains(next);
  }

  /** Whether nothing more happens to an order of its own accord. */
  public boolean isFinal() {
    return !STAGES.contains(this);
  }

  /** The name in the API, in the store and on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The state of a name.
   *
   * @param label the name, in lower case
   * @throws IllegalArgumentException if there is none; the message lists those that there are
   */
  public static OrderState of(String label) {
    for (OrderState state : values()) {
      if (state.label().equals(label)) {
        return state;
      }
    }
    throw new IllegalArgumentException(
        "'" + label + "' is not one of submitted, checking, validating, finalizing, issued, dead");
  }
}
