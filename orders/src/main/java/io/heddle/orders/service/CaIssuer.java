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
 * What CAA records call the CA: what the operator says, or else what the CA's directory says.
 *
 * @param ca whom to ask for the names
 * @param accounts the account whose key has a thumbprint
 * @param given what the operator says; empty to ask the CA
 * @param events tells the operator why the CA does not answer
 */
record CaIssuer(
    AcmeAuthority ca,
    Function<String, @Nullable AcmeAuthority> accounts,
    Set<String> given,
    Events events)
    implements Issuer {
  @Override
  public Set<String> names() throws IOException, InterruptedException {
    try {
      return given.isEmpty() ? ca.caaIdentities() : given;
    } catch (CaException e) {
      throw told(e);
    }
  }

  @Override
  public @Nullable String account(PreflightChallenge challenge)
      throws IOException, InterruptedException {
    String key = challenge.keyAuthorization();
    AcmeAuthority account = accounts.apply(key.substring(key.indexOf('.') + 1));
    try {
      return account == null ? null : account.account().toString();
    } catch (CaException e) {
      throw told(e);
    }
  }

  /** What the customer may know of it: the rest is the operator's. */
  private IOException told(CaException failure) {
    events.failed(null, failure);
    return new IOException(failure.problem().title(), failure);
  }
}
