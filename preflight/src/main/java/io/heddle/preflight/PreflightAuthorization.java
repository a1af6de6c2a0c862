package io.heddle.preflight;

import java.util.List;

/**
 * An authorization of an order: one of its challenges must pass.
 *
 * @param domain the name; a wildcard begins with {@code *.}
 * @param challenges the challenges that the CA offers for it
 */
public record PreflightAuthorization(String domain, List<PreflightChallenge> challenges) {
  /**
   * Checks that the challenges belong to the domain.
   *
   * @throws IllegalArgumentException if the domain is malformed, or a challenge is for another
   */
  public PreflightAuthorization {
    String name = DomainName.checked(domain);
    domain = name;
    challenges = List.copyOf(challenges);
    challenges.stream()
        .filter(challenge -> !challenge.domain().equals(name))
        .findAny()
        .ifPresent(other -> {
          throw new IllegalArgumentException(
              "a challenge for " + other.domain() + " in the authorization of " + name);
        });
  }
}
