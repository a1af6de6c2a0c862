package io.heddle.preflight;

import java.util.Locale;

/** The kinds of problem that a CA reports (RFC 8555, section 6.7) and that checks can find. */
public enum ProblemType {
  /** A CAA record forbids it. */
  CAA,
  /** The server could not be reached, or did not answer correctly. */
  CONNECTION,
  /** A name could not be resolved. */
  DNS,
  /** The request is malformed. */
  MALFORMED,
  /** The server does not speak TLS correctly. */
  TLS,
  /** The answer is not the one that proves control. */
  UNAUTHORIZED,
  /** The check itself did not finish, which says nothing about the domain. */
  SERVER_INTERNAL,
  /** There is no check of this type. */
  UNSUPPORTED;

  /** The problem's name as RFC 8555 writes it. */
  public String urn() {
    String name =
        switch (this) {
          case SERVER_INTERNAL -> "serverInternal";
          default -> name().toLowerCase(Locale.ROOT);
        };
    return "urn:ietf:params:acme:error:" + name;
  }
}
