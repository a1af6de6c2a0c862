package io.heddle.orders.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.orders.telemetry.Log;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TokensTest {
  private static final String TOKEN = "0123456789abcdef";

  @TempDir private Path folder;

  private Path file(String permissions, String text) throws IOException {
    Path file = Files.writeString(folder.resolve("tokens"), text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    return file;
  }

  private String refusal(String permissions, String text) throws IOException {
    Path file = file(permissions, text);
    return assertThrows(IOException.class, () -> Tokens.read(file, Log.NONE)).getMessage();
  }

  private static Tokens.Caller caller(Tokens tokens, String header) {
    return tokens.callerOf(Tokens.digestOf(header));
  }

  @Test
  void aTokenIsThatOfItsCustomer() throws Exception {
    Tokens tokens =
        Tokens.read(file("rw-r-----", "anna " + TOKEN + "\nadmin x" + TOKEN + "\n"), Log.NONE);
    assertEquals(new Tokens.Caller("anna", false), caller(tokens, "Bearer " + TOKEN));
    assertEquals(new Tokens.Caller("admin", true), caller(tokens, "bearer x" + TOKEN));
    assertNull(caller(tokens, "Bearer y" + TOKEN));
    assertNull(Tokens.digestOf(TOKEN));
    assertNull(Tokens.digestOf(null));
  }

  @Test
  void aDigestStandsForItsToken() throws Exception {
    String digest = "9f9f5111f7b27a781f1f1ddde5ebc2dd2b796bfc7365c9c28b548e564176929f";
    Tokens tokens = Tokens.read(file("rw-------", "anna sha256:" + digest + "\n"), Log.NONE);
    assertEquals(new Tokens.Caller("anna", false), caller(tokens, "Bearer " + TOKEN));
    assertNull(caller(tokens, "Bearer sha256:" + digest), "the file alone lets nobody in");
    String refusal = refusal("rw-------", "anna " + TOKEN + "\nbert sha256:" + digest + "\n");
    assertTrue(refusal.endsWith("line 2: the token is that of line 1, too"), refusal);
  }

  @Test
  void aTokenExpiresWithItsDay() throws Exception {
    String text = "anna " + TOKEN + " expires=2999-01-31\nbert x" + TOKEN + " expires=2025-12-31\n";
    Tokens tokens = Tokens.read(file("rw-------", text), Log.NONE);
    assertEquals(new Tokens.Caller("anna", false), caller(tokens, "Bearer " + TOKEN));
    assertNull(caller(tokens, "Bearer x" + TOKEN));
    String refusal = refusal("rw-------", "anna " + TOKEN + " expires=tomorrow\n");
    assertTrue(refusal.contains("line 1: expires=tomorrow is not a date"), refusal);
  }

  @Test
  void aFileThatChangesIsReadAgainUnlessItCannotBeUsed() throws Exception {
    Path file = file("rw-------", "anna " + TOKEN + "\n");
    Tokens tokens = Tokens.read(file, Log.NONE);
    change(file, "bert x" + TOKEN + "\n", 1);
    tokens.reloadIfChanged();
    assertNull(caller(tokens, "Bearer " + TOKEN));
    assertEquals(new Tokens.Caller("bert", false), caller(tokens, "Bearer x" + TOKEN));
    change(file, "broken\n", 2);
    tokens.reloadIfChanged();
    assertEquals(new Tokens.Caller("bert", false), caller(tokens, "Bearer x" + TOKEN));
    Files.delete(file);
    tokens.reloadIfChanged();
    assertEquals(new Tokens.Caller("bert", false), caller(tokens, "Bearer x" + TOKEN));
  }

  private static void change(Path file, String text, long time) throws IOException {
    Files.writeString(file, text);
    Files.setLastModifiedTime(file, FileTime.from(Instant.ofEpochSecond(time)));
  }

  /** The later line counted, and a customer was the administrator. */
  @Test
  void twoNamesCannotHaveOneToken() throws Exception {
    String refusal = refusal("rw-------", "anna " + TOKEN + "\n\nadmin " + TOKEN + "\n");
    assertTrue(refusal.endsWith("line 3: the token is that of line 1, too"), refusal);
  }

  @Test
  void aFileThatEverybodyCanReadIsRefused() throws Exception {
    String refusal = refusal("rw-r--r--", "anna " + TOKEN + "\n");
    assertTrue(refusal.contains("run: chmod o-rwx " + folder.resolve("tokens")), refusal);
  }

  @Test
  void aLineThatIsNoTokenIsNamed() throws Exception {
    for (String line : new String[] {"anna", "anna short", "anna " + TOKEN + " more", "anna"}) {
      String refusal = refusal("rw-------", "# who\n" + line + "\n");
      assertTrue(refusal.contains(", line 2: not a name, a token"), refusal);
    }
    assertTrue(refusal("rw-------", "# nobody\n").contains("has no token"));
  }
}
