package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
final class GoroutinesTest {
  @Test
  void aDumpShowsEveryGoroutineWithItsStateAndStack() throws InterruptedException {
    run(() -> {
      Goroutine weaver = go("dumped weaver", () -> Chan.never().receive());
      TestSupport.awaitBlocked(weaver, "chan receive");
      int before = Goroutines.count();
      String dump = Goroutines.dump();
      String header = "goroutine " + weaver.id() + " \"dumped weaver\" [chan receive]:\n";
      assertTrue(dump.contains(header + "\tat io.heddle"), dump);
      assertTrue(dump.contains("goroutine 1 [running]:\n"), dump);
      assertTrue(dump.contains("io.heddle.GoroutinesTest."), dump);
      Goroutine another = go("short-lived", () -> Chan.never().receive());
      TestSupport.awaitBlocked(another, "chan receive");
      assertTrue(before >= 2, "main and the weaver");
      another.cancel();
      another.join();
      assertFalse(Goroutines.dump().contains("\"short-lived\""));
    });
  }

  @Test
  void aMarkedWaitIsStillClaimedWithdrawnAndCounted() throws InterruptedException {
    run(() -> {
      Chan<String> channel = Chan.unbuffered();
      for (int i = 0; i < 100; i++) {
        Goroutine receiver = go(() -> assertEquals("after the mark", channel.receive()));
        TestSupport.awaitBlocked(receiver, "chan receive");
        String dump = Goroutines.dump(); // leaves a mark in the wait
        assertTrue(dump.contains("[chan receive]"), dump);
        channel.send("after the mark");
        receiver.join();
        Goroutine cancelled = go(() -> channel.receive());
        TestSupport.awaitBlocked(cancelled, "chan receive");
        Goroutines.dump();
        cancelled.cancel();
        cancelled.join();
        assertTrue(cancelled.failure() instanceof InterruptedException);
      }
    });
  }

  @Test
  void theSchedulerIsDescribed() {
    String scheduler = System.getProperty("heddle.scheduler", "auto");
    String expected = scheduler.equals("jdk") ? "the JDK's scheduler (" : "Heddle's scheduler, ";
    assertTrue(Goroutines.describe().startsWith(expected), Goroutines.describe());
    assertTrue(Goroutines.describe().endsWith("JDK " + Runtime.version()));
  }
}
