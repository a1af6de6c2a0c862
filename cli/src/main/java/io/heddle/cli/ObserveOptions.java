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
              + "deadlock, a missed deadline or a stall.")
  void trace(String folder) {
    System.setProperty("heddle.trace", folder);
  }
}
