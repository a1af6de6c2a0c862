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
import io.heddle.orders.telemetry.Log;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Profiles and preferred chains, at a real Pebble. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class PreferencesTest {
  @TempDir private Path folder;
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();

  private RunningServices worker(Settings settings) throws Exception {
    RunningServices worker = new RunningServices();
    worker.start(settings, Log.to(new PrintStream(log, true, UTF_8)));
    return worker;
  }

  private PebbleSettings pebbles() {
    return new PebbleSettings(folder);
  }

  private Settings settings(Pebble pebble, Settings.Authority ca) {
    return pebbles().of(pebbles().address(), pebble, PebbleSettings.PIPELINE, ca);
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
      Settings.Authority ca = pebbles().ca(pebble, new AcmeAuthority.Preferences(null, name), 2);
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
      Settings.Authority wrong =
          pebbles().ca(pebble, new AcmeAuthority.Preferences("shortlived", null), 0);
      try (RunningServices worker = worker(settings(pebble, wrong))) {
        id = worker.submit("anna", null, "one.test");
        Order waiting = worker.await(id, order -> order.problem() != null);
        assertEquals(OrderState.SUBMITTED, waiting.state());
        assertEquals("urn:heddle:orders:account", waiting.problem().type());
        String lines = log.toString(UTF_8);
        assertTrue(lines.contains("does not support profile; set --profile"), lines);
      }
      Settings right = settings(pebble, pebbles().ca(pebble));
      try (RunningServices worker = worker(right)) {
        worker.prove(pebble, id);
        worker.await(id, OrderState.ISSUED);
      }
    }
  }
}
