package io.heddle.preflight;

import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What CAA records call the CA, and our accounts there. May have to ask the CA itself. */
public interface Issuer {
  /**
   * The names that the CA goes by, as {@code letsencrypt.org}; none for a CA that heeds no CAA
   * records.
   */
  Set<String> names() throws IOException, InterruptedException;

  /**
   * The address of the ACME account that orders.
   *
   * @param challenge a challenge of the order: its key authorization tells the account's key
   * @return the address; null if there is none to speak of, and then records for single accounts
   *     are only warned of
   */
  @Nullable String account(PreflightChallenge challenge) throws IOException, InterruptedException;

  /**
   * An issuer of which all is known.
   *
   * @param names the names that the CA goes by
   * @param account the address of the ACME account, null if it is not known
   */
  static Issuer of(Set<String> names, @Nullable String account) {
    Set<String> copy = Set.copyOf(names);
    return new Issuer() {
      @Override
      public Set<String> names() {
        return copy;
      }

      @Override
      public @Nullable String account(PreflightChallenge challenge) {
        return account;
      }
    };
  }
}
