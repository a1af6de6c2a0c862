package io.heddle.micrometer;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Race.race;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Receiver;
import io.heddle.WaitGroup;
import io.heddle.flow.Pipeline;
import io.micrometer.context.ContextRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** With a thread-local of its own, and with the current observation of Micrometer. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
final class MicrometerPropagatorTest {
  private static final ThreadLocal<String> USER = new ThreadLocal<>();

  @BeforeEach
  void register() {
    ContextRegistry.getInstance().registerThreadLocalAccessor("user", USER);
  }

  @AfterEach
  void clear() {
    ContextRegistry.getInstance().removeThreadLocalAccessor("user");
    USER.remove();
  }

  @Test
  void aGoroutineHasTheThreadLocalsOfTheCodeThatStartsIt() throws InterruptedException {
    USER.set("anna");
    run(() -> {
      Chan<String> users = Chan.unbuffered();
      assertEquals("anna", USER.get(), "the main function");
      go(() -> users.send(USER.get()));
      assertEquals("anna", users.receive());
      go(() -> go(() -> users.send(USER.get())));
      assertEquals("anna", users.receive(), "nested");
      new WaitGroup().go(() -> users.send(USER.get()));
      assertEquals("anna", users.receive(), "of a wait group");
      assertEquals("anna", race(() -> USER.get()));
      assertEquals(
          "anna, anna",
          Pipeline.<String>call(
              Context.background(),
              pipeline -> {
                Receiver<String> made = pipeline.generate(out -> out.send(USER.get()));
                return pipeline.map(made, 1, user -> user + ", " + USER.get()).receive();
              }));
    });
    assertEquals("anna", USER.get());
  }

  @Test
  void nothingIsLeftForTheNextGoroutine() throws InterruptedException {
    run(() -> {
      USER.set("anna");
      go(() -> assertEquals("anna", USER.get())).join();
      USER.remove();
      for (int i = 0; i < 1000; i++) {
        go(() -> assertNull(USER.get())).join();
      }
    });
  }

  @Test
  void theCurrentObservationIsTheParentOfAGoroutinesOwn() throws InterruptedException {
    ObservationRegistry registry = ObservationRegistry.create();
    registry.observationConfig().observationHandler(context -> true);
    run(() ->
        Observation.createNotStarted("order", registry)
            .observeChecked(() -> {
              Observation order = registry.getCurrentObservation();
              go(
                      () -> {
                        assertSame(order, registry.getCurrentObservation());
                        Observation.createNotStarted("payment", registry)
                            .observe(() ->
                                assertSame(
                                    order,
                                    registry
                                        .getCurrentObservation()
                                        .getContextView()
                                        .getParentObservation()));
                      })
                  .join();
              return null;
            }));
    assertNull(registry.getCurrentObservation());
  }
}
