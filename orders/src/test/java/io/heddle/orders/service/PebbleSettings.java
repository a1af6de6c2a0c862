package io.heddle.orders.service;

import io.heddle.local.Pebble;
import io.heddle.orders.ca.AcmeAuthority;
import io.heddle.orders.pipeline.Pipeline;
import io.heddle.preflight.Dns01Check;
import io.heddle.preflight.Network;
import io.heddle.queue.Backoff;
import io.heddle.queue.Consumer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/**
 * Settings of services whose CAs are Pebbles, and which repeat everything soon.
 *
 * @param folder has the queue, the keys and the certificates that vouch for the Pebbles
 */
record PebbleSettings(Path folder) {
  static final Pipeline.Settings PIPELINE =
      Pipeline.Settings.DEFAULT
          .with(
              new Backoff(
                  Duration.ofMillis(50),
                  Duration.ofMillis(500),
                  1000,
                  Duration.ofMillis(500),
                  1000))
          .with(Consumer.Settings.DEFAULT.withConcurrency(2).withDrain(Duration.ofSeconds(20)));

  /** The queue in the folder. */
  String address() {
    return folder.resolve("orders.db").toString();
  }

  Settings.Authority ca(Pebble pebble) throws IOException, InterruptedException {
    return ca(pebble, AcmeAuthority.Preferences.NONE, 0);
  }

  /**
   * A CA.
   *
   * @param root the number of the only root that is trusted
   */
  Settings.Authority ca(Pebble pebble, AcmeAuthority.Preferences preferences, int root)
      throws IOException, InterruptedException {
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

  /**
   * The settings of a service.
   *
   * @param network the Pebble whose web server is that of all domains
   * @param cas the first CA, and a second one, {@code b}, if there are two
   */
  Settings of(
      String address, Pebble network, Pipeline.Settings pipeline, Settings.Authority... cas) {
    SequencedMap<String, Settings.Authority> others = new LinkedHashMap<>();
    if (cas.length > 1) {
      others.put("b", cas[1]);
    }
    return new Settings(
        address,
        folder,
        null,
        new Settings.Workers(
                cas[0],
                new Settings.Checks(
                    Network.withLoopbackForTests(
                        new Network.Ports(
                            network.httpPort(), network.tlsPort(), network.nameServer().getPort()),
                        64),
                    List.of(network.nameServer()),
                    Dns01Check.Servers.RECURSIVE_ONLY,
                    Set.of()),
                pipeline)
            .with(others));
  }
}
