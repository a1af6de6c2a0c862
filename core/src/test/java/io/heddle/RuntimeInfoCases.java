package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;

import java.time.Duration;

/** What {@link RuntimeInfoTest} runs in JVMs of their own: a program, and what it runs on. */
final class RuntimeInfoCases {
  private static final ScopedValue<String> USER = ScopedValue.newInstance();

  private RuntimeInfoCases() {}

  private static String user() {
    return USER.orElse("nobody");
  }

  /** Who goroutines see: as bound at go, one level below, rebound, afterwards, and outside. */
  private static String users() throws InterruptedException {
    return ScopedValue.where(USER, "anna")
            .call(() ->
                go(
                        () -> {
                          String below = go(() -> user()).await();
                          String rebound =
                              ScopedValue.where(USER, "berta").call(() -> go(() -> user()).await());
                          return String.join(" ", user(), below, rebound, user());
                        })
                    .await())
        + " "
        + go(() -> user()).await();
  }

  public static void main(String[] arguments) throws Exception {
    run(() -> {
      Chan<String> channel = Chan.unbuffered();
      go(() -> {
        Go.sleep(Duration.ofMillis(1));
        channel.send("a program runs");
      });
      IO.println(channel.receive());
      IO.println("scoped values: " + users());
    });
    IO.print(RuntimeInfo.current());
  }
}
