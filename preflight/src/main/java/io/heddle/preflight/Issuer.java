package io.heddle.preflight;

import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The CA's names in CAA records, and the account there. May have to ask the CA. */
public interface Issuer {
  /**
   * The CA's names, such as {@code letsencrypt.org}; empty for a CA that ignores CAA records.
   *
   * @param challenge a challenge of the order: its key authorization identifies the account's key,
   *     and thus the CA
   */
  Set<String> names(PreflightChallenge challenge) throws IOException, InterruptedException;

  /**
   * The address of the ACME account that orders the certificate.
   *
   * @param challenge a challenge of the order: its key authorization identifies the account's key
   * @return the address; null if it is unknown, in which case records for single accounts cause
   *     only a warning
   */
  @Nullable String account(PreflightChallenge challenge) throws IOException, InterruptedException;

  /**
   * An issuer whose names and account are known.
   *
   * @param names the CA's names
   * @param account the address of the ACME account, null if it is not known
   */
  static Issuer of(Set<String> names, @Nullable String account) {
    Set<String> copy = Set.copyOf(names);
    return new Issuer() {
      @Override
      public Set<String> names(PreflightChallenge challenge) {
        return copy;
      }

      @Override
      public @Nullable String account(PreflightChallenge challenge) {
        return account;
      }
    };
  }
}
