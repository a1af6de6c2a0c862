package io.heddle.orders.service;

import io.heddle.orders.Order;
import io.heddle.orders.ca.AcmeAuthority;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.files.AccountKeys;
import io.heddle.orders.files.Chain;
import io.heddle.orders.pipeline.Accounts;
import io.heddle.orders.store.CaBinding;
import io.heddle.orders.telemetry.Log;
import io.heddle.queue.QueueException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * The CAs of a worker, with the accounts at each. The queue records all of them: a worker that
 * lacks one could not continue its orders, and does not start.
 */
final class Authorities implements Accounts, AutoCloseable {
  /** Where the keys of other CAs are: {@code cas/NAME/account.pem}. */
  private static final String FOLDER = "cas";

  private final CaBinding binding;

  /** By their names, in the order of preference. */
  private final SequencedMap<String, CustomerAccounts> all = new LinkedHashMap<>();

  private Authorities(CaBinding binding) {
    this.binding = binding;
  }

  /**
   * Compares the CAs and the keys with those that the queue records, or records them.
   *
   * @param folder the folder for the accounts' keys
   * @throws IOException if they differ; the message says what to do
   */
  static Authorities open(Settings.Workers workers, Path folder, CaBinding binding, Log log)
      throws IOException, QueueException, InterruptedException {
    Authorities made = new Authorities(binding);
    try {
      Settings.Authority first = workers.ca();
      if (first.accounts().isChange()) {
        binding.forget();
        log.write("ca_changed", "ca", first.directory());
      }
      made.add(Order.FIRST_CA, "--ca", first, new AccountKeys(folder), binding, workers.checks());
      for (Map.Entry<String, Settings.Authority> one : workers.others().entrySet()) {
        String name = one.getKey();
        made.add(
            name,
            "the directory of [ca " + name + "]",
            one.getValue(),
            new AccountKeys(folder.resolve(FOLDER).resolve(name)),
            binding.other(name),
            workers.checks());
      }
      for (String name : binding.others()) {
        if (!made.all.containsKey(name)) {
          throw new IOException(
              "the queue's orders may be placed at the CA '"
                  + name
                  + "', and the configuration has no section [ca "
                  + name
                  + "]: add it. If the CA is not to be used any more, stop all workers and start one"
                  + " with --change-ca: orders that are placed and not issued start again.");
        }
      }
      return made;
    } catch (IOException | QueueException | InterruptedException | RuntimeException e) {
      made.close();
      throw e;
    }
  }

  private void add(
      String name,
      String option,
      Settings.Authority ca,
      AccountKeys keys,
      CaBinding bound,
      Settings.Checks checks)
      throws IOException, QueueException, InterruptedException {
    Path trust = ca.trust();
    Path roots = ca.roots();
    all.put(
        name,
        CustomerAccounts.open(
            ca,
            new CustomerAccounts.Identity(
                name, option, name.equals(Order.FIRST_CA) ? checks.caa() : ca.caa()),
            trust == null ? null : OrdersService.trusting(trust),
            roots == null
                ? Chain.Verifier.system()
                : Chain.Verifier.trusting(Chain.readRoots(roots)),
            keys,
            bound));
  }

  @Override
  public List<String> cas() {
    return List.copyOf(all.keySet());
  }

  @Override
  public boolean isCaOfQueue(String ca) throws QueueException, InterruptedException {
    return all.containsKey(ca) || binding.others().contains(ca);
  }

  @Override
  public String name(Order order) {
    CustomerAccounts ca = all.get(order.ca());
    return ca == null ? order.ca() : ca.name(order);
  }

  @Override
  public @Nullable Account of(Order order)
      throws CaException, QueueException, InterruptedException {
    CustomerAccounts ca = all.get(order.ca());
    return ca == null ? null : ca.of(order);
  }

  /** The accounts at each CA, by its name. */
  SequencedMap<String, CustomerAccounts> all() {
    return Collections.unmodifiableSequencedMap(all);
  }

  /** The CA with the account whose key has a thumbprint, null if this process does not use it. */
  CaIssuer.@Nullable Known known(String thumbprint) {
    for (CustomerAccounts ca : all.values()) {
      AcmeAuthority account = ca.byThumbprint(thumbprint);
      if (account != null) {
        return new CaIssuer.Known(ca.operator(), account, ca.caa());
      }
    }
    return null;
  }

  /** The CA that orders are placed at if it serves them. */
  CaIssuer.Known first() {
    CustomerAccounts first = all.firstEntry().getValue();
    return new CaIssuer.Known(first.operator(), null, first.caa());
  }

  /** Closes the connections to all CAs. */
  @Override
  public void close() {
    all.values().forEach(CustomerAccounts::close);
  }
}
