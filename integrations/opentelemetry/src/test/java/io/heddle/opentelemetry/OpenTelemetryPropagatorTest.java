package io.heddle.opentelemetry;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Race.race;
import static java.util.stream.Collectors.toMap;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Receiver;
import io.heddle.WaitGroup;
import io.heddle.flow.Pipeline;
import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** With the OpenTelemetry SDK. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
final class OpenTelemetryPropagatorTest {
  private final InMemorySpanExporter spans = InMemorySpanExporter.create();
  private final SdkTracerProvider provider =
      SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(spans)).build();
  private final Tracer tracer = provider.get("test");

  @AfterEach
  void close() {
    provider.close();
  }

  private interface Body {
    void run() throws Exception;
  }

  /** Runs under a span of its own, which is a child of the current one. */
  private void traced(String name, Body body) throws Exception {
    Span span = tracer.spanBuilder(name).startSpan();
    try (Scope _ = span.makeCurrent()) {
      body.run();
    } finally {
      span.end();
    }
  }

  /** For each span that has ended, the name of its parent. */
  private Map<String, String> parents() {
    Map<String, String> names =
        spans.getFinishedSpanItems().stream()
            .collect(toMap(SpanData::getSpanId, SpanData::getName));
    return spans.getFinishedSpanItems().stream()
        .collect(
            toMap(SpanData::getName, span -> names.getOrDefault(span.getParentSpanId(), "none")));
  }

  @Test
  void aSpanInAGoroutineIsAChildOfItsCreatorsSpan() throws Exception {
    run(() ->
        traced(
            "main",
            () -> {
              go(() -> traced("goroutine", () -> go(() -> traced("nested", () -> {})).join()))
                  .join();
              WaitGroup group = new WaitGroup();
              group.go(() -> traced("group", () -> {}));
              group.await();
              race(() -> {
                traced("race", () -> {});
                return "won";
              });
              Pipeline.run(
                  Context.background(),
                  pipeline -> {
                    Receiver<String> made =
                        pipeline.generate(out -> traced("stage", () -> out.send("value")));
                    traced("body", () -> made.receive());
                    made.receive();
                  });
            }));
    assertEquals(
        Map.of(
            "main", "none",
            "goroutine", "main",
            "nested", "goroutine",
            "group", "main",
            "race", "main",
            "stage", "main",
            "body", "main"),
        parents());
  }

  @Test
  void baggageIsCarriedToo() throws Exception {
    run(() -> {
      Chan<String> seen = Chan.unbuffered();
      try (Scope _ = Baggage.builder().put("tenant", "7").build().makeCurrent()) {
        go(() -> seen.send(String.valueOf(Baggage.current().getEntryValue("tenant"))));
      }
      assertEquals("7", seen.receive(), "after the creator has left the scope");
    });
  }

  @Test
  void nothingIsLeftForTheNextGoroutine() throws Exception {
    run(() -> {
      traced("main", () -> go(() -> {}).join());
      for (int i = 0; i < 1000; i++) {
        go(
                () -> {
                  assertFalse(Span.current().getSpanContext().isValid());
                  assertSame(
                      io.opentelemetry.context.Context.root(),
                      io.opentelemetry.context.Context.current());
                })
            .join();
      }
    });
  }
}
