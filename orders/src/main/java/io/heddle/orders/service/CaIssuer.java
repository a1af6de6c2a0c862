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
 * @param ca the CA to ask for its names
 * @param accounts returns the account whose key has a thumbprint
 * @param given the configured names; empty to ask the CA
 * @param events notifies the operator if the CA does not answer
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

  /** The part of a failure that is for the customer: the rest is for the operator. */
  private IOException told(CaException failure) {
    events.failed(null, failure);
    return new IOException(failure.problem().title(), failure);
  }
}
