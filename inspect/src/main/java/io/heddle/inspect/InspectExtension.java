package io.heddle.inspect;

import io.heddle.internal.Extension;
import java.io.IOException;

/** Starts what the properties {@code heddle.inspect} and {@code heddle.trace} ask for. */
@SuppressWarnings("exports") // only the service loader needs to see what it implements
public final class InspectExtension implements Extension {
  /** For the service loader. */
  public InspectExtension() {}

  @Override
  public void begin() {
    String trace = System.getProperty("heddle.trace", "off");
    if (!trace.equals("off")) {
      FlightRecorder.begin(trace);
    }
    if (System.getProperty("heddle.jfr", "off").equals("on")) {
      beginJfr();
    }
    String address = System.getProperty("heddle.inspect", "off");
    if (!address.equals("off")) {
      serve(address);
    }
  }

  private static void beginJfr() {
    if (ModuleLayer.boot().findModule("jdk.jfr").isPresent()) {
      JfrEvents.begin();
    } else {
      System.err.println(
          "heddle: heddle.jfr=on has no effect: start java with --add-modules jdk.jfr");
    }
  }

  @SuppressWarnings("resource") // it is there for as long as the JVM is
  private static void serve(String address) {
    try {
      InspectServer server =
          InspectServer.start(address, System.getProperty("heddle.inspect.token"));
      System.err.println("heddle: live page at " + server.url());
    } catch (IllegalArgumentException | IOException e) {
      System.err.println("heddle: heddle.inspect=" + address + " has no effect: " + e.getMessage());
    }
  }
}
