package io.heddle.orders.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.orders.files.SafeFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The users of the API: bearer tokens, of which only digests are kept. */
public final class Tokens {
  private static final int MIN_LENGTH = 16;

  /** The customer with access to everything. */
  public static final String ADMIN = "admin";

  private final List<Entry> entries;

  private record Entry(byte[] digest, Caller caller) {}

  /**
   * The caller of the API.
   *
   * @param isAdmin whether the caller may access all customers' orders
   */
  public record Caller(String name, boolean isAdmin) {}

  private Tokens(List<Entry> entries) {
    this.entries = List.copyOf(entries);
  }

  /**
   * Reads tokens.
   *
   * @param file a file with a name, white space and a token on each line; the customer named {@code
   *     admin} has access to everything; empty lines and lines that begin with # are ignored
   * @throws IOException if it cannot be read, or every user of this machine can read it; if a line
   *     is malformed, or two names have the same token; the message says which
   */
  public static Tokens read(Path file) throws IOException {
    if (SafeFiles.isReadableByAnybody(file)) {
      throw new IOException(
          "every user of this machine can read the tokens in "
              + file
              + "; run: chmod o-rwx "
              + file);
    }
    List<String> lines = Files.readAllLines(file);
    Map<String, Integer> known = new HashMap<>();
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String[] parts = line.split("\\s+", -1);
      if (parts.length != 2 || parts[1].length() < MIN_LENGTH) {
        throw new IOException(
            file + ", line " + (i + 1) + ": not a name and a token of at least 16 characters");
      }
      Integer first = known.putIfAbsent(parts[1], i + 1);
      if (first != null) {
        throw new IOException(
            file + ", line " + (i + 1) + ": the token is that of line " + first + ", too");
      }
      entries.add(entry(parts[0], parts[1]));
    }
    if (entries.isEmpty()) {
      throw new IOException(file + " has no token, so no client could use the service");
    }
    return new Tokens(entries);
  }

  /** A single token, with access to everything. */
  public static Tokens admin(String token) {
    return new Tokens(List.of(entry(ADMIN, token)));
  }

  private static Entry entry(String name, String token) {
    return new Entry(digest(token), new Caller(name, name.equals(ADMIN)));
  }

  /** The caller with a token; null if it is unknown. Takes the same time for every token. */
  @Nullable Caller callerOf(@Nullable String authorization) {
    if (authorization == null || !authorization.regionMatches(true, 0, "Bearer ", 0, 7)) {
      return null;
    }
    byte[] digest = digest(authorization.substring(7).strip());
    Caller found = null;
    for (Entry entry : entries) {
      if (MessageDigest.isEqual(entry.digest, digest)) {
        found = entry.caller;
      }
    }
    return found;
  }

  private static byte[] digest(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
