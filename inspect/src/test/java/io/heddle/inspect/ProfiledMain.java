package io.heddle.inspect;

import java.time.Duration;
import java.util.Arrays;

/** Runs another class while block profiles are taken, one after the other: bin/bench-observers. */
final class ProfiledMain {
  private ProfiledMain() {}

  public static void main(String[] args) throws Exception {
    Thread.ofPlatform().daemon().start(ProfiledMain::profile);
    Class.forName(args[0])
        .getMethod("main", String[].class)
        .invoke(null, (Object) Arrays.copyOfRange(args, 1, args.length));
  }

  private static void profile() {
    try {
      while (true) {
        WaitProfile.ofWaits(Duration.ofSeconds(10));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
