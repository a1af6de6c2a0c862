package io.heddle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("system")
@Tag("slow")
final class CompletionCommandTest {
  @Test
  void bashCompletesCommandsAndOptionsWithTheScript(@TempDir Path folder) throws Exception {
    var text = new StringWriter();
    assertEquals(0, Main.allCommands().setOut(new PrintWriter(text)).execute("completion"));
    Path script = Files.writeString(folder.resolve("script"), text.toString());
    assertEquals("purge", completed(script, "pur"));
    assertEquals("validate", completed(script, "orders", "vali"));
    assertEquals("--virtual", completed(script, "tour", "--virt"));
    assertEquals("", completed(script, "trai")); // it is hidden
  }

  /** What bash makes of the last word after {@code heddle}. */
  private static String completed(Path script, String... words) throws Exception {
    String line =
        ". '%s'; COMP_WORDS=(heddle %s); COMP_CWORD=%d; _complete_heddle; echo \"${COMPREPLY[*]}\""
            .formatted(script, String.join(" ", words), words.length);
    Process bash = new ProcessBuilder("bash", "-c", line).redirectErrorStream(true).start();
    String answer = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, bash.waitFor(), answer);
    return answer.strip();
  }
}
