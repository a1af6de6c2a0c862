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
 * The proof that the CA requires for one domain of an order, and its status.
 *
 * @param domain the domain, without the {@code *.} of a wildcard
 * @param isWildcard whether the order is for the domain's subdomains
 * @param location its address at the CA
 * @param status its status at the CA
 * @param challenges the ways to prove control, one of which suffices
 * @param ready the type of the challenge that passed the check; null if none did
 * @param lastCheck the result of the last check, for people
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

  /** Checks that the required components are present, and copies the list. */
  public Authorization {
    Objects.requireNonNull(domain, "domain");
    Objects.requireNonNull(location, "location");
    Objects.requireNonNull(status, "status");
    challenges = List.copyOf(Objects.requireNonNull(challenges, "challenges"));
  }

  /** The status of an authorization at the CA. */
  public enum Status {
    /** Not proved yet. */
    @SerializedName("pending")
    PENDING,
    /** Proved: there is nothing left to do, or to check. */
    @SerializedName("valid")
    VALID,
    /** Failed, expired or withdrawn: the order cannot succeed. */
    @SerializedName("invalid")
    INVALID
  }

  /**
   * The result of a check.
   *
   * @param verdict READY, NOT_YET, WILL_FAIL or UNKNOWN
   * @param trace the report, for the person who can fix the problem
   * @param inconclusive how many checks in a row, with this one, could not find out
   */
  public record CheckNote(
      String verdict, String summary, String trace, Instant at, int inconclusive) {
    /** Checks that the components are present. */
    public CheckNote {
      Objects.requireNonNull(verdict, "verdict");
      Objects.requireNonNull(summary, "summary");
      Objects.requireNonNull(trace, "trace");
      Objects.requireNonNull(at, "at");
    }
  }

  /** The name in the order: the domain, preceded by {@code *.} if it is a wildcard. */
  public String name() {
    return isWildcard ? "*." + domain : domain;
  }

  /** The challenge of a type, if the CA offers it. */
  public Optional<Challenge> challenge(String type) {
    return challenges.stream().filter(one -> one.type().equals(type)).findFirst();
  }

  /**
   * Whether it passed a check that is still valid.
   *
   * @param validity how long a passed check is valid
   */
  public boolean isSettled(Instant now, Duration validity) {
    return status == Status.VALID
        || (ready != null && readySince != null && now.isBefore(readySince.plus(validity)));
  }

  /**
   * The same authorization with another result of a check.
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

  /** The same authorization with another status. */
  public Authorization with(Status newStatus) {
    return new Authorization(
        domain, isWildcard, location, newStatus, challenges, ready, readySince, lastCheck);
  }
}
