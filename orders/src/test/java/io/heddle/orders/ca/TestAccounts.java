package io.heddle.orders.ca;

import io.heddle.local.Pebble;
import java.security.KeyPair;
import org.shredzone.acme4j.AccountBuilder;
import org.shredzone.acme4j.Session;
import org.shredzone.acme4j.exception.AcmeException;

/** What the owner of an account does without us. */
public final class TestAccounts {
  private TestAccounts() {}

  public static void deactivate(Pebble pebble, KeyPair key) throws AcmeException {
    Directory directory = new Directory(pebble.trust(), Transport.DEADLINE);
    try {
      new AccountBuilder()
          .useKeyPair(key)
          .onlyExisting()
          .createLogin(new Session(pebble.directory(), directory))
          .getAccount()
          .deactivate();
    } finally {
      directory.close();
    }
  }
}
