package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import javax.tools.Diagnostic;
import javax.tools.JavaFileObject;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What javac says about common mistakes: it names the mistake, at the user's line. The page for
 * users lists each message.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("slow")
final class CompilerMessagesTest {
  private static final Path PAGE = Path.of("../docs/reference/compiler-messages.md");

  private static final String BEFORE =
      """
      import static io.heddle.Go.*;
      import static io.heddle.Select.*;
      import io.heddle.*;
      import io.heddle.Selected.*;
      import java.util.List;
      class Program {
        int f(Chan<String> words, Chan<Integer> numbers, Context context) throws Exception {
      """;

  private static List<Diagnostic<? extends JavaFileObject>> errors(String body) throws Exception {
    return Compilation.of(BEFORE + body + "  return 0;\n  }\n}\n");
  }

  private static void assertCompiles(String body) throws Exception {
    assertEquals(List.of(), errors(body));
  }

  /** The first error is at that line of the body, counted from 1, and its message says this. */
  private static void assertSays(int line, String message, String body) throws Exception {
    var first = errors(body).getFirst();
    assertEquals(line, first.getLineNumber() - BEFORE.lines().count(), first::toString);
    String said = first.getMessage(Locale.ROOT);
    assertTrue(said.contains(message), said);
    assertTrue(Files.readString(PAGE).contains(message), () -> PAGE + " lacks: " + message);
  }

  @Nested
  final class InAStatement {
    @Test
    void noneIsFoundInTheRightUse() throws Exception {
      assertCompiles(
          """
          while (true) {
            switch (choose(words.onReceive(), numbers.onSend(1), context.onDone())) {
              case First(var word) when word == null -> { return 1; }
              case First(var word) -> Thread.sleep(word.length());
              case Second(_) -> { continue; }
              case Third(_) -> throw new java.io.IOException();
            }
          }
          """
              .replace("}\n}\n", "}\nif (context.isDone()) break; }\n"));
    }

    @Test
    void aMissingBranchOfAStatement() throws Exception {
      assertSays(
          1,
          "the switch statement does not cover all possible input values",
          """
          switch (choose(words.onReceive(), numbers.onReceive())) {
            case First(var word) -> IO.println(word);
          }
          """);
    }

    @Test
    void aMissingBranchOfAnExpression() throws Exception {
      assertSays(
          1,
          "the switch expression does not cover all possible input values",
          """
          int n = switch (choose(words.onReceive(), numbers.onReceive(), context.onDone())) {
            case First(var word) -> 1;
            case Third(_) -> 3;
          };
          """);
    }

    @Test
    void aBranchForACaseThatThereIsNot() throws Exception {
      assertSays(
          4,
          "cannot infer pattern type",
          """
          switch (choose(words.onReceive(), numbers.onReceive())) {
            case First(var word) -> IO.println(word);
            case Second(var number) -> IO.println(number);
            case Third(_) -> IO.println();
          }
          """);
    }

    @Test
    void twoBranchesForOneCase() throws Exception {
      assertSays(
          3,
          "this case label is dominated by a preceding case label",
          """
          switch (choose(words.onReceive(), numbers.onReceive())) {
            case First(var word) -> IO.println(word);
            case First(_) -> IO.println();
            case Second(var number) -> IO.println(number);
          }
          """);
    }

    @Test
    void anElementOfTheWrongType() throws Exception {
      assertSays(
          2,
          "java.lang.String cannot be converted to java.lang.Integer",
          """
          switch (choose(words.onReceive(), numbers.onReceive())) {
            case First(Integer number) -> IO.println(number);
            case Second(_) -> IO.println();
          }
          """);
    }

    @Test
    void twoTypesOfOneSwitchExpression() throws Exception {
      assertSays(
          3,
          "java.lang.Integer cannot be converted to java.lang.String",
          """
          String said = switch (choose(words.onReceive(), numbers.onReceive())) {
            case First(var word) -> word;
            case Second(var number) -> number;
          };
          """);
    }

    @Test
    void aPrimitiveType() throws Exception {
      assertSays(
          2,
          "primitive patterns are a preview feature",
          """
          int n = switch (choose(numbers.onReceive(), words.onReceive())) {
            case First(int number) -> number;
            case Second(_) -> 0;
          };
          """);
      assertCompiles(
          """
          int n = switch (choose(numbers.onReceive(), words.onReceive())) {
            case First(var number) when number == null -> 0;
            case First(var number) -> number;
            case Second(_) -> 0;
          };
          """);
    }

    @Test
    void aChannelInsteadOfACase() throws Exception {
      assertSays(
          1,
          "no suitable method found for choose(io.heddle.Chan<java.lang.String>,io.heddle.Case<",
          """
          switch (choose(words, numbers.onReceive())) {
            case First(_) -> IO.println();
            case Second(_) -> IO.println();
          }
          """);
    }
  }

  @Nested
  final class InAnExpression {
    @Test
    void noneIsFoundInTheRightUse() throws Exception {
      assertCompiles(
          """
          String said = select(words.onReceive(), numbers.onReceive(n -> "" + n));
          Object any = select(words.onReceive(w -> w), numbers.onReceive(n -> n));
          int length = select(words.onReceive(w -> w.length()), otherwise(() -> 0));
          select(words.onReceive());
          """);
    }

    @Test
    void twoTypesOfCases() throws Exception {
      assertSays(
          1,
          "R has incompatible equality constraints java.lang.Integer,java.lang.String",
          "String said = select(words.onReceive(), numbers.onReceive());\n");
    }

    @Test
    void aFunctionOfTheWrongType() throws Exception {
      assertSays(
          2,
          "equality constraints: java.lang.String",
          """
          String said =
              select(words.onReceive(),
                  numbers.onReceive(number -> number + 1));
          """);
    }

    @Test
    void functionsOfTwoTypes() throws Exception {
      assertSays(
          1,
          "upper bound(s): java.lang.String",
          "String said = select(words.onReceive(w -> w), numbers.onReceive(n -> n + 1));\n");
    }

    @Test
    void aBlockWithoutAValue() throws Exception {
      assertSays(
          2,
          "missing return value",
          """
          int n = select(
              words.onReceive(word -> { IO.println(word); }),
              numbers.onReceive());
          """);
    }

    @Test
    void aFunctionWithoutAValue() throws Exception {
      assertSays(
          1,
          "lower bounds: void",
          """
          select(words.onReceive(word -> IO.println(word)), numbers.onReceive(number -> 1));
          """);
    }

    @Test
    void otherwiseWithoutAValue() throws Exception {
      assertSays(
          2,
          "lower bounds: void",
          """
          select(words.onReceive(word -> 1),
              otherwise(() -> IO.println()));
          """);
    }

    @Test
    void aFunctionThatBlocks() throws Exception {
      assertSays(
          2,
          "unreported exception java.lang.InterruptedException",
          """
          int n = select(words.onReceive(word -> {
                Thread.sleep(1);
                return 1;
              }), numbers.onReceive());
          """);
    }

    @Test
    void aChannelInsteadOfACase() throws Exception {
      assertSays(
          1,
          "io.heddle.Chan<java.lang.String> cannot be converted to io.heddle.Case<R>",
          "select(words, numbers);\n");
    }
  }

  @Nested
  final class OfGoroutines {
    @Test
    void noneIsFoundInTheRightUse() throws Exception {
      assertCompiles(
          """
          String word = go(() -> "word").await();
          go(() -> IO.println());
          try (var group = new TaskGroup<String>()) {
            group.go(() -> word);
            group.go(() -> IO.println());
            List<String> results = group.await();
          }
          """);
    }

    @Test
    void aTaskWithoutAValue() throws Exception {
      assertSays(
          1,
          "io.heddle.Goroutine<java.lang.Void> cannot be converted to"
              + " io.heddle.Goroutine<java.lang.String>",
          "Goroutine<String> word = go(() -> { IO.println(); });\n");
    }

    @Test
    void aTaskWithAnotherValue() throws Exception {
      assertSays(1, "lower bounds: java.lang.Integer", "Goroutine<String> word = go(() -> 1);\n");
    }

    @Test
    void theGoroutineInsteadOfItsValue() throws Exception {
      assertSays(
          1,
          "so that io.heddle.Goroutine<T> conforms to java.lang.String",
          "String word = go(() -> \"word\");\n");
    }

    @Test
    void aValueOnSomePaths() throws Exception {
      assertSays(
          1, "unexpected return value", "go(() -> { if (context.isDone()) { return 1; } });\n");
    }

    @Test
    void anOverloadedMethod() throws Exception {
      assertSays(1, "reference to go is ambiguous", "go(IO::println);\n");
    }

    @Test
    void aTaskOfAGroupWithAnotherValue() throws Exception {
      assertSays(
          2,
          "int cannot be converted to java.lang.String",
          """
          try (var group = new TaskGroup<String>()) {
            group.go(() -> 1);
          }
          """);
      // Java lets any call be a statement.
      assertCompiles(
          """
          try (var group = new TaskGroup<String>()) {
            group.go(() -> Math.abs(1));
          }
          """);
      assertSays(
          2,
          "int cannot be converted to java.lang.String",
          """
          try (var group = new TaskGroup<String>()) {
            group.go(() -> { return Math.abs(1); });
          }
          """);
    }

    @Test
    void aListOfResults() throws Exception {
      assertSays(
          2,
          "java.util.List<java.lang.String> cannot be converted to java.lang.String",
          """
          try (var group = new TaskGroup<String>()) {
            String word = group.await();
          }
          """);
    }
  }
}
