package io.heddle;

import static io.heddle.Go.afterFunc;
import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Race.race;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.flow.Pipeline;
import io.heddle.jvm.ScopedValues;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
final class ScopedValueTest {
  private static final ScopedValue<String> USER = ScopedValue.newInstance();
  private static final ScopedValue<String> ROLE = ScopedValue.newInstance();

  private static String user() {
    return USER.orElse("nobody");
  }

  @Test
  void theyAreInheritedInTests() {
    assertTrue(ScopedValues.areInherited(), "java.lang is open to io.heddle");
  }

  @Test
  void aGoroutineHasTheBindingsOfTheCodeThatStartsIt() throws InterruptedException {
    run(() -> {
      Chan<String> users = Chan.unbuffered();
      ScopedValue.where(USER, "anna")
          .call(() -> {
            go(() -> users.send(user()));
            assertEquals("anna", users.receive());
            assertEquals("anna", go(() -> user()).await());
            go("named", () -> users.send(user()));
            assertEquals("anna", users.receive());
            go(Context.todo(), () -> users.send(user()));
            assertEquals("anna", users.receive());
            new WaitGroup().go(() -> users.send(user()));
            assertEquals("anna", users.receive());
            go(() -> go(() -> users.send(user())));
            assertEquals("anna", users.receive(), "nested");
            return null;
          });
      go(() -> users.send(user()));
      assertEquals("nobody", users.receive(), "after the scope");
    });
  }

  @Test
  void theMainFunctionOfAProgramInheritsFromWhoRunsIt() throws Exception {
    List<String> seen = new CopyOnWriteArrayList<>();
    ScopedValue.where(USER, "anna")
        .call(() -> {
          run(() -> seen.add(user()));
          return null;
        });
    assertEquals(List.of("anna"), seen);
  }

  @Test
  void aGoroutineKeepsTheBindingsWhenTheirScopeIsLeft() throws InterruptedException {
    run(() -> {
      Chan<Void> left = Chan.unbuffered();
      Chan<String> users = Chan.unbuffered();
      ScopedValue.where(USER, "anna")
          .run(() ->
              go(() -> {
                left.receive();
                users.send(user());
                go(() -> users.send(user()));
              }));
      assertFalse(USER.isBound());
      left.close();
      assertEquals("anna", users.receive());
      assertEquals("anna", users.receive());
    });
  }

  @Test
  void aGoroutineBindsAnewWithoutEffectOnOthers() throws InterruptedException {
    run(() -> {
      Chan<String> users = Chan.buffered(9);
      ScopedValue.where(USER, "anna")
          .where(ROLE, "admin")
          .call(() -> {
            go(
                    () -> {
                      ScopedValue.where(USER, "berta")
                          .call(() -> {
                            go(() -> users.send(user() + " " + ROLE.get())).join();
                            users.send(user());
                            return null;
                          });
                      users.send(user());
                      go(() -> users.send(user())).join();
                    })
                .join();
            users.send(user());
            return null;
          });
      users.close();
      List<String> seen = new ArrayList<>();
      users.forEach(seen::add);
      assertEquals(List.of("berta admin", "berta", "anna", "anna", "anna"), seen);
    });
  }

  @Test
  void aGoroutineStartedAfterItsStarterWasUnwoundInheritsToo() throws InterruptedException {
    run(() -> {
      Chan<String> users = Chan.unbuffered();
      ScopedValue.where(USER, "anna")
          .call(() -> {
            try {
              overflow(0);
            } catch (StackOverflowError e) {
              // The JVM clears the field of the thread, and the bindings are in the stack only.
            }
            go(() -> users.send(user()));
            assertEquals("anna", users.receive());
            return null;
          });
    });
  }

  @SuppressWarnings("InfiniteRecursion") // until the stack is full
  private static int overflow(int depth) {
    return ScopedValue.where(ROLE, "deeper").call(() -> overflow(depth + 1)) + 1;
  }

  @Test
  void aDeferredTaskHasTheBindingsOfTheCodeThatAskedForIt() throws InterruptedException {
    run(() -> {
      Chan<String> users = Chan.unbuffered();
      CancelContext context = Context.background().withCancel();
      Chan<AfterFunc.Timed> later = Chan.buffered(1);
      ScopedValue.where(USER, "anna")
          .call(() -> {
            context.afterFunc(() -> users.send(user()));
            later.send(afterFunc(Duration.ofDays(1), () -> users.send(user())));
            return null;
          });
      ScopedValue.where(USER, "berta")
          .call(() -> {
            context.cancel();
            assertEquals("anna", users.receive());
            later.receive().reset(Duration.ZERO);
            assertEquals("anna", users.receive());
            return null;
          });
    });
  }

  @Test
  void tasksOfARaceAPipelineAndAFlightInherit() throws InterruptedException {
    run(() -> {
      String seen =
          ScopedValue.where(USER, "anna")
              .call(() ->
                  race(() -> "race of " + user())
                      + ", flight of "
                      + new SingleFlight<String, String>().run("", () -> user()).value()
                      + Pipeline.<String>call(
                          Context.background(),
                          pipeline -> {
                            Receiver<String> users = pipeline.generate(out -> out.send(user()));
                            Receiver<String> mapped =
                                pipeline.map(users, 1, user -> user + " and " + user());
                            return ", pipeline of " + mapped.receive();
                          }));
      assertEquals("race of anna, flight of anna, pipeline of anna and anna", seen);
    });
  }

  @Test
  void aFlightHasTheBindingsOfItsFirstCaller() throws InterruptedException {
    run(() -> {
      SingleFlight<String, String> flights = new SingleFlight<>();
      Chan<Void> started = Chan.unbuffered();
      Chan<Void> goOn = Chan.unbuffered();
      var first =
          ScopedValue.where(USER, "anna")
              .call(() ->
                  flights.call(
                      "",
                      () -> {
                        started.close();
                        goOn.receive();
                        return user();
                      }));
      started.receive();
      var second = ScopedValue.where(USER, "berta").call(() -> flights.call("", () -> user()));
      goOn.close();
      assertEquals("anna", second.await().value());
      assertEquals("anna", first.await().value());
    });
  }

  @Test
  void withoutBindingsNothingIsCaptured() throws InterruptedException {
    run(() -> assertNull(Propagation.capture()));
  }
}
