package io.heddle.orders.service;

import io.heddle.orders.ca.AcmeAuthority;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.telemetry.Events;
import io.heddle.preflight.Issuer;
import io.heddle.preflight.PreflightChallenge;
import java.io.IOException;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The CA's names in CAA records, as configured by the operator or as given by the CA's directory.
 *
 * @param cas returns the CA with the account whose key has a thumbprint, null if none is known
 * @param first the CA of other challenges
 * @param events notifies the operator if the CA does not answer
 */
record CaIssuer(Function<String, @Nullable Known> cas, Known first, Events events)
    implements Issuer {
  /**
   * A CA.
   *
   * @param ca the CA to ask for its names
   * @param account the account whose key has the thumbprint, null if none does
   * @param caa the configured names; empty to ask the CA
   */
  record Known(AcmeAuthority ca, @Nullable AcmeAuthority account, Set<String> caa) {}

  @Override
  public Set<String> names(PreflightChallenge challenge) throws IOException, InterruptedException {
    Known known = cas.apply(thumbprint(challenge));
    Known asked = known == null ? first : known;
    try {
      return asked.caa.isEmpty() ? asked.ca.caaIdentities() : asked.caa;
    } catch (CaException e) {
      throw told(e);
    }
  }

  @Override
  public @Nullable String account(PreflightChallenge challenge)
      throws IOException, InterruptedException {
    Known known = cas.apply(thumbprint(challenge));
    AcmeAuthority account = known == null ? null : known.account;
    try {
      return account == null ? null : account.account().toString();
    } catch (CaException e) {
      throw told(e);
    }
  }

  private static String thumbprint(PreflightChallenge challenge) {
    String key = challenge.keyAuthorization();
    return key.substring(key.indexOf('.') + 1);
  }

  /** The part of a failure that is for the customer: the rest is for the operator. */
  private IOException told(CaException failure) {
    events.failed(null, failure);
    return new IOException(failure.problem().title(), failure);
  }
}
