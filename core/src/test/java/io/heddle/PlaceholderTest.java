package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class PlaceholderTest {

  @Test
  void greetsEverybodyByDefault() {
    assertEquals("Hello, world", Placeholder.greet(null));
  }

  @Test
  void testsRunInTheModuleWithJavaLangOpenToIt() {
    Module module = Placeholder.class.getModule();
    assertEquals("io.heddle", module.getName());
    assertTrue(Object.class.getModule().isOpen("java.lang", module));
  }
}
