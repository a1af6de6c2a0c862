package io.heddle.cli;

import picocli.CommandLine.Option;

/**
 * Options for observing a command while it runs. Heddle reads these properties when the first
 * goroutine is started, which is after the command line has been parsed.
 */
final class ObserveOptions {
  @Option(
      names = "--inspect",
      paramLabel = "ADDRESS",
      description =
          "Serve a live page of the goroutines on this loopback address, such as 127.0.0.1:6060; "
              + "port 0 chooses a free one. Its address and token go to standard error.")
  void inspect(String address) {
    System.setProperty("heddle.inspect", address);
  }

  @Option(
      names = "--trace",
      paramLabel = "FOLDER",
      description =
          "Record the last seconds in memory, and write a trace for Perfetto to this folder on a "
              + "deadlock, a missed deadline, a stall or a leak, and at the signal of --dump-signal.")
  void trace(String folder) {
    System.setProperty("heddle.trace", folder);
  }

  @Option(
      names = "--dump-signal",
      paramLabel = "NAME",
      description =
          "Print each goroutine to standard error at this signal, such as USR1: kill -USR1 PID.")
  void dumpSignal(String name) {
    System.setProperty("heddle.dump.signal", name);
  }

  @Option(
      names = "--jfr",
      description = "Make events for the JVM's flight recorder, which jcmd PID JFR.start starts.")
  void jfr(boolean on) {
    System.setProperty("heddle.jfr", on ? "on" : "off");
  }
}
