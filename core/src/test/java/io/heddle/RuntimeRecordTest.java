package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.jvm.JdkHook;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What Heddle runs on, as a record. */
final class RuntimeRecordTest {
  @Test
  void itIsStructuredToo() {
    RuntimeInfo info = RuntimeInfo.current();
    boolean isJdks = "jdk".equals(System.getProperty("heddle.scheduler"));
    assertEquals(
        isJdks ? RuntimeInfo.Scheduler.JDK : RuntimeInfo.Scheduler.HEDDLE, info.scheduler());
    assertTrue(info.parallelism() >= 1);
    assertTrue(info.version().matches("\\d+\\.\\d+\\.\\d+(-SNAPSHOT)?"), info.version());
    assertEquals(JdkHook.values().length, info.hooks().size());
    assertTrue(info.hooks().getFirst().isUsed());
    assertTrue(info.jdk().startsWith(Runtime.version() + ", "), info.jdk());
    assertTrue(info.summary().endsWith("JDK " + Runtime.version()), info.summary());
    assertFalse(info.summary().contains("\n"));
    assertEquals(info, RuntimeInfo.current());
  }

  @Test
  void theRecordCannotBeChanged() {
    Map<String, String> properties = RuntimeInfo.current().properties();
    assertEquals(new TreeMap<>(properties), properties);
    try {
      properties.put("heddle.leaks", "off");
    } catch (UnsupportedOperationException e) {
      return;
    }
    throw new AssertionError("changed");
  }
}
