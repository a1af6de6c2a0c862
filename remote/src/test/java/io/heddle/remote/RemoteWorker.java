package io.heddle.remote;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.remote.Remote.Settings;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;

/** A process that RemoteChaosTest kills or suspends. It writes what it does. */
final class RemoteWorker {
  private static final Settings BRIEF = Settings.DEFAULT.withLease(Duration.ofSeconds(2));

  private RemoteWorker() {}

  public static void main(String[] arguments) throws Exception {
    try (Remote remote = Remote.open(arguments[0], BRIEF)) {
      switch (arguments[1]) {
        case "work" -> work(remote, Integer.MAX_VALUE);
        case "stall" -> work(remote, 10);
        default -> hold(remote);
      }
    }
  }

  /** Stands still at a message, to be killed at work. */
  private static void work(Remote remote, int last) throws Exception {
    int received = 0;
    try (Inlet<String> inlet = remote.inlet("jobs", Codec.text())) {
      for (Delivery<String> delivery : inlet) {
        try (delivery) {
          System.out.println("got " + delivery.value() + " " + delivery.attempt());
          if (++received == last) {
            System.out.println("stalled");
            Thread.sleep(Long.MAX_VALUE);
          }
          delivery.ack();
          System.out.println("done " + delivery.value());
        } catch (LeaseLostException e) {
          // a machine that is busy: another worker has it
        }
      }
    }
  }

  /** Tries to store something for each line that it reads. */
  private static void hold(Remote remote) throws Exception {
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    Outlet<String> outlet = remote.outlet("jobs", Codec.text());
    try (Held held = remote.mutex("m").lock()) {
      System.out.println("held " + held.token());
      for (String line; (line = input.readLine()) != null; ) {
        try {
          outlet.send(Message.of(line), held);
          System.out.println("stored");
        } catch (LeaseLostException e) {
          System.out.println("refused");
        }
        held.context().done().receive();
        System.out.println("ended");
      }
    }
  }
}
