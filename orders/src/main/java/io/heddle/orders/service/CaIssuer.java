package io.heddle.orders.service;

import io.heddle.orders.ca.AcmeAuthority;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.check.Issuer;
import io.heddle.orders.pipeline.Events;
import java.io.IOException;
import java.util.Set;

/**
 * What CAA records call the CA: what the operator says, or else what the CA's directory says.
 *
 * @param ca whom to ask
 * @param given what the operator says; empty to ask the CA
 * @param events tells the operator why the CA does not answer
 */
record CaIssuer(AcmeAuthority ca, Set<String> given, Events events) implements Issuer {
  @Override
  public Set<String> names() throws IOException, InterruptedException {
    try {
      return given.isEmpty() ? ca.caaIdentities() : given;
    } catch (CaException e) {
      throw told(e);
    }
  }

  @Override
  public String account() throws IOException, InterruptedException {
    try {
      return ca.account().toString();
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
