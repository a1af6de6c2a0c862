package io.heddle.orders;

import com.google.gson.annotations.SerializedName;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the CA wants to be shown for one domain of an order, and how far that is.
 *
 * @param domain the domain, without the {@code *.} of a wildcard
 * @param isWildcard whether the domain's subdomains are ordered
 * @param location where the CA has it
 * @param status what the CA says of it
 * @param challenges the ways to prove it, of which one is enough
 * @param ready the type of the challenge that passed the check; null if none did
 * @param lastCheck what came of the last check, for a person to read
 */
public record Authorization(
    String domain,
    boolean isWildcard,
    URI location,
    Status status,
    List<Challenge> challenges,
    @Nullable String ready,
    @Nullable Instant readySince,
    @Nullable CheckNote lastCheck) {

  /** Checks that all is there that has to be, and keeps a copy. */
  public Authorization {
    Objects.requireNonNull(domain, "domain");
    Objects.requireNonNull(location, "location");
    Objects.requireNonNull(status, "status");
    challenges = List.copyOf(Objects.requireNonNull(challenges, "challenges"));
  }

  /** What the CA says of an authorization. */
  public enum Status {
    /** To be proved. */
    @SerializedName("pending")
    PENDING,
    /** Proved: nothing more to do, nor to check. */
    @SerializedName("valid")
    VALID,
    /** Failed, expired or withdrawn: the order cannot come to a good end. */
    @SerializedName("invalid")
    INVALID
  }

  /**
   * What came of a check.
   *
   * @param verdict READY, NOT_YET, WILL_FAIL or UNKNOWN
   * @param trace the report, for a person to act on
   */
  public record CheckNote(String verdict, String summary, String trace, Instant at) {
    /** Checks that all is there. */
    public CheckNote {
      Objects.requireNonNull(verdict, "verdict");
      Objects.requireNonNull(summary, "summary");
      Objects.requireNonNull(trace, "trace");
      Objects.requireNonNull(at, "at");
    }
  }

  /** The name as it was ordered: the domain, after {@code *.} if it is a wildcard. */
  public String name() {
    return isWildcard ? "*." + domain : domain;
  }

  /** The challenge of a type, if the CA offers it. */
  public Optional<Challenge> challenge(String type) {
    return challenges.stream().filter(one -> one.type().equals(type)).findFirst();
  }

  /**
   * Whether it passed a check that still counts.
   *
   * @param validity how long a passed check counts
   */
  public boolean isSettled(Instant now, Duration validity) {
    return status == Status.VALID
        || (ready != null && readySince != null && now.isBefore(readySince.plus(validity)));
  }

  /**
   * The same with another result of a check.
   *
   * @param type the type of the challenge that passed, null if none did
   */
  public Authorization checked(@Nullable String type, CheckNote note) {
    return new Authorization(
        domain,
        isWildcard,
        location,
        status,
        challenges,
        type,
        type == null ? null : note.at(),
        note);
  }

  /** The same with another status. */
  public Authorization with(Status newStatus) {
    return new Authorization(
        domain, isWildcard, location, newStatus, challenges, ready, readySince, lastCheck);
  }
}
