package io.heddle.orders.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Go;
import io.heddle.local.Pebble;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.PebbleNeeded;
import io.heddle.orders.ca.AcmeAuthority;
import io.heddle.orders.files.Chain;
import io.heddle.orders.pipeline.Pipeline;
import io.heddle.orders.telemetry.Log;
import io.heddle.preflight.Dns01Check;
import io.heddle.preflight.Network;
import io.heddle.queue.Backoff;
import io.heddle.queue.Consumer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Profiles and preferred chains, at a real Pebble. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class PreferencesTest {
  private static final Backoff EAGER =
      new Backoff(
          Duration.ofMillis(50), Duration.ofMillis(500), 1000, Duration.ofMillis(500), 1000);

  private static final Pipeline.Settings PIPELINE =
      Pipeline.Settings.DEFAULT
          .with(EAGER)
          .with(Consumer.Settings.DEFAULT.withConcurrency(2).withDrain(Duration.ofSeconds(20)));

  @TempDir private Path folder;
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();

  private RunningServices worker(Settings settings) throws Exception {
    RunningServices worker = new RunningServices();
    worker.start(settings, Log.to(new PrintStream(log, true, UTF_8)));
    return worker;
  }

  private Settings.Authority ca(Pebble pebble, AcmeAuthority.Preferences preferences, int root)
      throws Exception {
    int port = pebble.directory().getPort();
    return new Settings.Authority(
        pebble.directory(),
        Files.writeString(folder.resolve("trust" + port + ".pem"), pebble.trustPem()),
        Files.writeString(folder.resolve("roots" + port + ".pem"), pebble.rootPem(root)),
        new Settings.Accounts(
            Settings.Mode.PER_CUSTOMER,
            new AcmeAuthority.Registration(null, true, null, null),
            Map.of(),
            false),
        AcmeAuthority.Load.ofPebble(4),
        preferences,
        Set.of());
  }

  private Settings settings(Pebble pebble, Settings.Authority ca) {
    return new Settings(
        address(),
        folder,
        null,
        new Settings.Workers(
            ca,
            new Settings.Checks(
                Network.withLoopbackForTests(
                    new Network.Ports(
                        pebble.httpPort(), pebble.tlsPort(), pebble.nameServer().getPort()),
                    64),
                List.of(pebble.nameServer()),
                Dns01Check.Servers.RECURSIVE_ONLY,
                Set.of()),
            PIPELINE));
  }

  private String address() {
    return folder.resolve("orders.db").toString();
  }

  @Test
  void thePreferredChainIsFetched() throws Exception {
    try (Pebble pebble =
        PebbleNeeded.start(
            "PEBBLE_VA_NOSLEEP", "1", "PEBBLE_ALTERNATE_ROOTS", "2", "PEBBLE_CHAIN_LENGTH", "2")) {
      X509Certificate root =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(pebble.rootPem(2).getBytes(UTF_8)));
      String name = root.getSubjectX500Principal().getName().replaceFirst("^CN=", "");
      // Only the root of the preferred chain is trusted.
      Settings.Authority ca = ca(pebble, new AcmeAuthority.Preferences(null, name), 2);
      try (RunningServices worker = worker(settings(pebble, ca))) {
        String id = worker.submit("anna", null, "one.test");
        worker.prove(pebble, id);
        Order issued = worker.await(id, OrderState.ISSUED);
        Chain chain = Chain.parse(issued.certificate().chain());
        assertTrue(chain.notAfter().isAfter(Go.now()));
      }
    }
  }

  /** A profile that the CA does not have is the operator's mistake, so no order dies of it. */
  @Test
  void anUnknownProfileIsTheOperatorsMistake() throws Exception {
    try (Pebble pebble = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1")) {
      String id;
      Settings.Authority wrong = ca(pebble, new AcmeAuthority.Preferences("shortlived", null), 0);
      try (RunningServices worker = worker(settings(pebble, wrong))) {
        id = worker.submit("anna", null, "one.test");
        Order waiting = worker.await(id, order -> order.problem() != null);
        assertEquals(OrderState.SUBMITTED, waiting.state());
        assertEquals("urn:heddle:orders:account", waiting.problem().type());
        String lines = log.toString(UTF_8);
        assertTrue(lines.contains("does not support profile; set --profile"), lines);
      }
      Settings right = settings(pebble, ca(pebble, AcmeAuthority.Preferences.NONE, 0));
      try (RunningServices worker = worker(right)) {
        worker.prove(pebble, id);
        worker.await(id, OrderState.ISSUED);
      }
    }
  }
}
