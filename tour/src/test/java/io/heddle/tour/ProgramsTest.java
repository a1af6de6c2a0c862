package io.heddle.tour;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class ProgramsTest {

  @Test
  void aProgramIsCompiledAndItsSourcePackaged() throws Exception {
    assertNotNull(Class.forName("Channels").getDeclaredMethod("main"));
    String source = Programs.source("Channels");
    assertNotNull(source);
    assertTrue(source.contains("void main()"));
  }

  @Test
  void theTourIsOnTheClassPathWithJavaLangOpenToIt() {
    Module module = Programs.class.getModule();
    assertFalse(module.isNamed());
    assertTrue(Object.class.getModule().isOpen("java.lang", module));
  }
}
