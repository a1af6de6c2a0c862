package io.heddle.slf4j;

import static io.heddle.Go.afterFunc;
import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Race.race;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Receiver;
import io.heddle.WaitGroup;
import io.heddle.flow.Pipeline;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** With Logback, whose MDC is a thread-local. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
final class MdcPropagatorTest {
  @AfterEach
  void clear() {
    MDC.clear();
  }

  private static String user() {
    String user = MDC.get("user");
    return user == null ? "nobody" : user;
  }

  @Test
  void aGoroutineHasTheMdcOfTheCodeThatStartsIt() throws InterruptedException {
    MDC.put("user", "anna");
    run(() -> {
      Chan<String> users = Chan.unbuffered();
      assertEquals("anna", user(), "the main function");
      go(() -> users.send(user()));
      assertEquals("anna", users.receive());
      assertEquals("anna", go(() -> user()).await(), "of one that returns a value");
      go(() -> go(() -> users.send(user())));
      assertEquals("anna", users.receive(), "nested");
      new WaitGroup().go(() -> users.send(user()));
      assertEquals("anna", users.receive(), "of a wait group");
      assertEquals("anna", race(() -> user()));
      assertEquals(
          "anna, anna",
          Pipeline.<String>call(
              Context.background(),
              pipeline -> {
                Receiver<String> made = pipeline.generate(out -> out.send(user()));
                return pipeline.map(made, 1, user -> user + ", " + user()).receive();
              }));
    });
    assertEquals("anna", user());
  }

  @Test
  void aDeferredTaskHasTheMdcOfTheCodeThatAskedForIt() throws InterruptedException {
    run(() -> {
      Chan<String> users = Chan.unbuffered();
      MDC.put("user", "anna");
      var context = Context.background().withCancel();
      context.afterFunc(() -> users.send(user()));
      var later = afterFunc(Duration.ofDays(1), () -> users.send(user()));
      MDC.put("user", "berta");
      context.cancel();
      assertEquals("anna", users.receive());
      later.reset(Duration.ZERO);
      assertEquals("anna", users.receive());
    });
  }

  @Test
  void theCopyOfAGoroutineIsItsOwn() throws InterruptedException {
    run(() -> {
      MDC.put("user", "anna");
      go(
              () -> {
                MDC.put("user", "berta");
                go(() -> assertEquals("berta", user())).join();
              })
          .join();
      assertEquals("anna", user());
      go(() -> assertEquals("anna", user())).join();
    });
  }

  @Test
  void nothingIsLeftForTheNextGoroutine() throws InterruptedException {
    run(() -> {
      for (int i = 0; i < 1000; i++) {
        if (i % 2 == 0) {
          MDC.put("user", "anna");
        } else {
          MDC.clear();
        }
        String expected = user();
        go(() -> assertEquals(expected, user())).join();
      }
      MDC.clear();
      go(() -> assertNull(MDC.get("user"))).join();
    });
  }

  @Test
  void aLogEventOfAGoroutineHasTheMdc() throws InterruptedException {
    Logger logger = (Logger) LoggerFactory.getLogger("test");
    ListAppender<ILoggingEvent> events = new ListAppender<>();
    events.start();
    logger.setAdditive(false);
    logger.addAppender(events);
    MDC.put("order", "17");
    run(() -> Go.go(() -> logger.info("paid")).join());
    assertEquals(Map.of("order", "17"), events.list.getFirst().getMDCPropertyMap());
  }
}
