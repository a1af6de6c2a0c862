/** Virtual time, leak checks and schedule exploration for tests of programs that use Heddle. */
module io.heddle.testing {
  requires transitive io.heddle;
  requires static transitive org.jspecify;
  requires static transitive org.junit.jupiter.api;

  exports io.heddle.testing;

  provides org.junit.jupiter.api.extension.Extension with
      io.heddle.testing.LeakExtension,
      io.heddle.testing.RaceSuiteExtension;

  opens io.heddle.testing to
      org.junit.platform.commons;
}
