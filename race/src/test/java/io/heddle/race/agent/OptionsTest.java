package io.heddle.race.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class OptionsTest {
  private static Options read(String arguments, String... properties) {
    Properties system = new Properties();
    for (int i = 0; i < properties.length; i += 2) {
      system.setProperty(properties[i], properties[i + 1]);
    }
    return Options.read(arguments, system);
  }

  @Test
  void argumentsComeBeforeProperties() {
    Options options =
        read("status=3;halt", "heddle.race.status", "4", "heddle.race.log", "races", "other", "1");
    assertEquals(3, options.status());
    assertTrue(options.halts());
    assertEquals("races", options.log());
    assertFalse(options.verbose());
  }

  @Test
  void withoutOptionsTheStatusIsGos() {
    assertEquals(66, read("").status());
  }

  @Test
  void whatJUnitIsAskedForIsNoOptionOfTheAgents() {
    assertFalse(read("", "heddle.race.check", "true").halts());
  }

  @Test
  void onlyWhatIsInScopeIsChecked() {
    Scope scope = read("include=com.a.b.In;exclude=com.a.").scope();
    assertTrue(scope.contains("com/a/b/Included"));
    assertFalse(scope.contains("com/a/b/Other"));
    assertTrue(scope.contains("org/example/Program$Part"));
    assertFalse(scope.contains("java/util/ArrayList"));
    assertFalse(scope.contains("io/heddle/Chan"));
    assertFalse(scope.contains("io/heddle/flow/Pipe"));
    assertTrue(scope.contains("io/heddle/ChanTest$Sender"));
    assertTrue(scope.contains("io/heddle/orders/Checker"));
  }

  @ParameterizedTest
  @CsvSource({
    "hold, unknown option hold",
    "halt=perhaps, option halt is true or false",
    "status=300, option status is a number from 0 to 255",
    "status=x, option status is a number from 0 to 255",
    "suppress=/no/such/file, cannot read the suppressions in /no/such/file"
  })
  void aWrongOptionSaysWhatIsWrong(String arguments, String message) {
    String found = assertThrows(IllegalArgumentException.class, () -> read(arguments)).getMessage();
    assertTrue(found.startsWith(message), found);
  }
}
