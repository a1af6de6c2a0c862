package io.heddle.orders.api;

import io.heddle.Go;
import io.heddle.orders.files.SafeFiles;
import io.heddle.orders.telemetry.Log;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.toolbox.AcmeUtils;

/** The users of the API: bearer tokens, of which only digests are kept. */
public final class Tokens {
  private static final int MIN_LENGTH = 16;
  private static final String SCHEME = "Bearer ";
  private static final String EXPIRES = "expires=";
  private static final Pattern DIGEST = Pattern.compile("sha256:([0-9a-f]{64})");

  /** The customer with access to everything. */
  public static final String ADMIN = "admin";

  /** By digest. The time that a lookup takes reveals nothing about a token. */
  private final Supplier<Map<String, Token>> known;

  private final Runnable reload;

  /**
   * A token.
   *
   * @param expires the end of its validity, null if absent
   */
  private record Token(String name, @Nullable Instant expires, int line) {}

  /**
   * The caller of the API.
   *
   * @param isAdmin whether the caller may access all customers' orders
   */
  public record Caller(String name, boolean isAdmin) {}

  private Tokens(Supplier<Map<String, Token>> known, Runnable reload) {
    this.known = known;
    this.reload = reload;
  }

  /**
   * Reads tokens, and reads them again when the file changes.
   *
   * @param file a file with a line for each token: a name, then the token or {@code sha256:} and
   *     its digest in hexadecimal, then optionally {@code expires=DATE}, the last day of its
   *     validity in UTC; the customer named {@code admin} has access to everything; empty lines and
   *     lines that begin with # are ignored
   * @param log records that the file was read again, or could not be used: the earlier tokens then
   *     stay valid
   * @throws IOException if it cannot be read, or every user of this machine can read it; if a line
   *     is malformed, or two lines have the same token; the message says which
   */
  public static Tokens read(Path file, Log log) throws IOException {
    WatchedFile<Map<String, Token>> watched =
        new WatchedFile<>(List.of(file), "tokens", log, () -> parse(file));
    return new Tokens(watched::content, watched::reloadIfChanged);
  }

  private static Map<String, Token> parse(Path file) throws IOException {
    SafeFiles.checkSecret(file);
    List<String> lines = Files.readAllLines(file);
    Map<String, Token> tokens = new HashMap<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String where = file + ", line " + (i + 1) + ": ";
      String[] parts = line.split("\\s+", -1);
      boolean isToken = parts.length == 2 || (parts.length == 3 && parts[2].startsWith(EXPIRES));
      var given = DIGEST.matcher(isToken ? parts[1] : "");
      if (!isToken || parts[1].length() < MIN_LENGTH) {
        throw new IOException(
            where
                + "not a name, a token of at least 16 characters or sha256:DIGEST, and maybe"
                + " expires=DATE");
      }
      String digest = given.matches() ? given.group(1) : digest(parts[1]);
      Token first = tokens.get(digest);
      if (first != null) {
        throw new IOException(where + "the token is that of line " + first.line + ", too");
      }
      tokens.put(
          digest, new Token(parts[0], parts.length == 3 ? end(where, parts[2]) : null, i + 1));
    }
    if (tokens.isEmpty()) {
      throw new IOException(file + " has no token, so no client could use the service");
    }
    return tokens;
  }

  private static Instant end(String where, String setting) throws IOException {
    try {
      LocalDate day = LocalDate.parse(setting.substring(EXPIRES.length()));
      return day.plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant();
    } catch (DateTimeException e) {
      throw new IOException(where + setting + " is not a date such as expires=2027-01-31", e);
    }
  }

  /** A single token, with access to everything. */
  public static Tokens admin(String token) {
    Map<String, Token> known = Map.of(digest(token), new Token(ADMIN, null, 1));
    return new Tokens(() -> known, () -> {});
  }

  void reloadIfChanged() {
    reload.run();
  }

  /** The digest of the token in a header; null if absent. */
  static @Nullable String digestOf(@Nullable String authorization) {
    return authorization != null && authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        ? digest(authorization.substring(SCHEME.length()).strip())
        : null;
  }

  /** The caller whose token has a digest; null if it is unknown or has expired. */
  @Nullable Caller callerOf(String digest) {
    Token token = known.get().get(digest);
    return token == null || (token.expires != null && !Go.now().isBefore(token.expires))
        ? null
        : new Caller(token.name, token.name.equals(ADMIN));
  }

  static ProblemException unknown(String detail) {
    return new ProblemException(
        401,
        "no-token",
        "Not let in",
        detail,
        Map.of("WWW-Authenticate", "Bearer realm=\"orders\""));
  }

  private static String digest(String token) {
    return HexFormat.of().formatHex(AcmeUtils.sha256hash(token));
  }
}
