package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;

import java.time.Duration;

/** What {@link RuntimeInfoTest} runs in JVMs of their own: a program, and what it runs on. */
final class RuntimeInfoCases {
  private RuntimeInfoCases() {}

  public static void main(String[] arguments) throws Exception {
    run(() -> {
      Chan<String> channel = Chan.unbuffered();
      go(() -> {
        Go.sleep(Duration.ofMillis(1));
        channel.send("a program runs");
      });
      IO.println(channel.receive());
    });
    IO.print(RuntimeInfo.current());
  }
}
