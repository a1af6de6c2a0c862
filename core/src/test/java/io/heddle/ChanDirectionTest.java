package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import java.util.stream.Collectors;
import javax.tools.Diagnostic;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The directions of channels are types: the compiler refuses the wrong use of a side. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("slow")
final class ChanDirectionTest {
  private static final String PARAMETERS =
      "Chan<Integer> both, Sender<Integer> sender, Receiver<Integer> receiver";

  /** The kinds of errors that the compiler finds in a program with this statement. */
  private static Set<String> errors(String statement) throws Exception {
    String program =
        "import io.heddle.*; class Program { void f(%s) throws Exception { %s } }"
            .formatted(PARAMETERS, statement);
    return Compilation.of(program).stream().map(Diagnostic::getCode).collect(Collectors.toSet());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "both.send(1); both.receive(); both.close(); for (int i : both) {}",
        "sender.send(1); sender.trySend(1); sender.onSend(1); sender.close(); sender.len();",
        "receiver.receive(); receiver.tryReceive(); receiver.onReceive(); receiver.len();",
        "for (int i : receiver) {}",
        "sender = both; receiver = both;",
        "Chan<Receiver<Integer>> receivers = Chan.unbuffered(); receivers.send(both);",
      })
  void theRightUseCompiles(String statement) throws Exception {
    assertEquals(Set.of(), errors(statement));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sender.receive();",
        "sender.tryReceive();",
        "sender.onReceive();",
        "sender.isDrained();",
        "receiver.send(1);",
        "receiver.trySend(1);",
        "receiver.onSend(1);",
        "receiver.close();",
      })
  void anOperationOfTheOtherSideIsUnknown(String statement) throws Exception {
    assertTrue(
        errors(statement).stream().allMatch(code -> code.contains("cant.resolve")), statement);
    assertFalse(errors(statement).isEmpty(), statement);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "for (int i : sender) {}",
        "both = sender;",
        "both = receiver;",
        "sender = receiver;",
        "receiver = sender;",
        "both.send(\"text\");",
        "Receiver<Number> numbers = both;",
        "Sender<Object> objects = both;",
      })
  void aSideIsNotTheOtherAndElementsHaveTheirType(String statement) throws Exception {
    assertFalse(errors(statement).isEmpty(), statement);
  }

  @Test
  void theSidesCannotBeImplementedOutside() throws Exception {
    assertFalse(errors("Object o = new Sender<Integer>() {};").isEmpty());
  }
}
