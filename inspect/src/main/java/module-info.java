/** Profiles, traces and a live page of the goroutines of a running program. */
module io.heddle.inspect {
  requires static transitive org.jspecify;
  requires io.heddle;
  requires jdk.httpserver;
  requires static jdk.jfr;

  exports io.heddle.inspect;

  provides io.heddle.internal.Extension with
      io.heddle.inspect.InspectExtension;
}
