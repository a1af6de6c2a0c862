package io.heddle.orders.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
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
    return assertThrows(IOException.class, () -> Tokens.read(file)).getMessage();
  }

  @Test
  void aTokenIsThatOfItsCustomer() throws Exception {
    Tokens tokens = Tokens.read(file("rw-r-----", "anna " + TOKEN + "\nadmin x" + TOKEN + "\n"));
    assertEquals(new Tokens.Caller("anna", false), tokens.callerOf("Bearer " + TOKEN));
    assertEquals(new Tokens.Caller("admin", true), tokens.callerOf("bearer x" + TOKEN));
    assertNull(tokens.callerOf("Bearer y" + TOKEN));
    assertNull(tokens.callerOf(TOKEN));
    assertNull(tokens.callerOf(null));
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
    for (String line : new String[] {"anna", "anna short", "anna " + TOKEN + " more"}) {
      String refusal = refusal("rw-------", "# who\n" + line + "\n");
      assertTrue(refusal.contains(", line 2: not a name and a token"), refusal);
    }
    assertTrue(refusal("rw-------", "# nobody\n").contains("has no token"));
  }
}
