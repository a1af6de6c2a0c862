package io.heddle.orders.service;

import io.heddle.orders.Order;
import io.heddle.orders.Problem;
import io.heddle.orders.api.Tokens;
import io.heddle.orders.ca.AcmeAuthority;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.files.AccountKeys;
import io.heddle.orders.files.Chain;
import io.heddle.orders.pipeline.Accounts;
import io.heddle.orders.store.CaBinding;
import io.heddle.queue.QueueException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * The accounts of a service at one CA: one for each customer, or one for all. Their keys are files
 * in the data folder. The queue records which key belongs in which file, so a worker with another
 * folder detects the difference before it sends anything to the CA.
 */
final class CustomerAccounts implements AutoCloseable {
  private static final String REMEDY =
      " Give --data the folder with that key. If the CA or the keys are to change, stop all workers"
          + " and start one with --change-ca: orders that are placed and not issued start again.";

  /**
   * What distinguishes a CA from others.
   *
   * @param name its name in the configuration
   * @param option the setting that has its directory, for messages
   * @param caa its names in CAA records, as configured; empty for those in its directory
   */
  record Identity(String name, String option, Set<String> caa) {}

  private final URI directory;
  private final Identity identity;
  private final Chain.Verifier verifier;
  private final Settings.Accounts settings;
  private final AccountKeys keys;
  private final CaBinding binding;
  private final AcmeAuthority operator;
  private final Accounts.Account operatorAccount;
  private final String first;

  /** By the names of their key files. */
  private final Map<String, Accounts.Account> customers = new ConcurrentHashMap<>();

  private final Map<String, AcmeAuthority> byThumbprint = new ConcurrentHashMap<>();

  private CustomerAccounts(
      URI directory,
      Identity identity,
      Chain.Verifier verifier,
      Settings.Accounts settings,
      AccountKeys keys,
      CaBinding binding,
      AcmeAuthority operator,
      String thumbprint,
      String first) {
    this.directory = directory;
    this.identity = identity;
    this.verifier = verifier;
    this.settings = settings;
    this.keys = keys;
    this.binding = binding;
    this.operator = operator;
    this.first = first;
    this.operatorAccount = account(operator, thumbprint);
  }

  /**
   * Compares the CA and the keys with those that the queue records, or records them.
   *
   * @throws IOException if they differ; the message says what to do
   */
  static CustomerAccounts open(
      Settings.Authority ca,
      Identity identity,
      @Nullable SSLContext trust,
      Chain.Verifier verifier,
      AccountKeys keys,
      CaBinding binding)
      throws IOException, QueueException, InterruptedException {
    KeyPair key = operatorKey(keys, binding, ca.accounts().isChange());
    String thumbprint = AcmeAuthority.thumbprint(key);
    URI bound = binding.bind(ca.directory(), AccountKeys.OPERATOR, thumbprint);
    if (!bound.equals(ca.directory())) {
      throw new IOException(
          "the queue's orders are placed at the CA "
              + bound
              + ", and "
              + identity.option()
              + " is "
              + ca.directory()
              + ": start with "
              + bound
              + ", or use another queue. If the CA is to change, stop all workers and start one"
              + " with --change-ca: orders that are placed and not issued start again.");
    }
    for (String file : binding.files()) {
      check(keys, file, Objects.requireNonNullElse(binding.key(file), thumbprint));
    }
    String first = binding.first();
    return new CustomerAccounts(
        ca.directory(),
        identity,
        verifier,
        ca.accounts(),
        keys,
        binding,
        new AcmeAuthority(ca.directory(), trust, key, ca.accounts().registration(), ca.load())
            .with(ca.preferences()),
        thumbprint,
        first == null ? CaBinding.account(ca.directory(), thumbprint) : first);
  }

  /** The operator's key. It is not made if the queue knows one, or contains orders of one. */
  private static KeyPair operatorKey(AccountKeys keys, CaBinding binding, boolean isChange)
      throws IOException, QueueException, InterruptedException {
    String known = binding.key(AccountKeys.OPERATOR);
    if (known != null) {
      return check(keys, AccountKeys.OPERATOR, known);
    }
    Path file = keys.path(AccountKeys.OPERATOR);
    if (!isChange && !Files.exists(file) && binding.hasPlacedOrders()) {
      throw new IOException(
          "the queue has orders that are placed, and there is no file "
              + file
              + ", which has the key of their account."
              + REMEDY);
    }
    return keys.make(AccountKeys.OPERATOR);
  }

  /** Reads a key, and compares it with the one that the queue records. */
  private static KeyPair check(AccountKeys keys, String file, String known) throws IOException {
    KeyPair key;
    try {
      key = keys.read(file);
    } catch (NoSuchFileException e) {
      throw new IOException(
          "the queue's orders are placed with the account key "
              + known
              + ", and there is no file "
              + keys.path(file)
              + "."
              + REMEDY,
          e);
    }
    String found = AcmeAuthority.thumbprint(key);
    if (!found.equals(known)) {
      throw new IOException(
          "the queue's orders are placed with the account key "
              + known
              + ", and the key in "
              + keys.path(file)
              + " is "
              + found
              + "."
              + REMEDY);
    }
    return key;
  }

  private Accounts.Account account(AcmeAuthority ca, String thumbprint) {
    byThumbprint.put(thumbprint, ca);
    return new Accounts.Account(CaBinding.account(directory, thumbprint), ca, verifier);
  }

  /** The file of the key that places a customer's new orders. */
  private String file(String customer) {
    return settings.mode() == Settings.Mode.SHARED || customer.equals(Tokens.ADMIN)
        ? AccountKeys.OPERATOR
        : AccountKeys.of(customer);
  }

  /**
   * The name of an order's account: that of its key's file, after the CA's if it is not the first.
   */
  String name(Order order) {
    String file = file(order.request().customer());
    return identity.name().equals(Order.FIRST_CA) ? file : identity.name() + " " + file;
  }

  /** The account for an order at this CA, as {@link Accounts#of} returns it. */
  Accounts.@Nullable Account of(Order order)
      throws CaException, QueueException, InterruptedException {
    String customer = order.request().customer();
    Order.Placement placement = order.placement();
    if (placement == null) {
      return customer(customer, file(customer));
    }
    String placed = placement.account() == null ? first : placement.account();
    if (placed.equals(operatorAccount.id())) {
      return operatorAccount;
    }
    // It was placed with the customer's own key, whichever key places new orders.
    String own = AccountKeys.of(customer);
    if (!customers.containsKey(own) && binding.key(own) == null) {
      return null; // there is no key to compare with, and none is made
    }
    Accounts.Account account = customer(customer, own);
    return placed.equals(account.id()) ? account : null;
  }

  private Accounts.Account customer(String customer, String file)
      throws CaException, QueueException, InterruptedException {
    if (file.equals(AccountKeys.OPERATOR)) {
      return operatorAccount;
    }
    Accounts.Account known = customers.get(file);
    if (known != null) {
      return known;
    }
    try {
      String bound = binding.key(file);
      KeyPair key = bound == null ? keys.make(file) : check(keys, file, bound);
      String thumbprint = AcmeAuthority.thumbprint(key);
      check(keys, file, binding.bindKey(file, thumbprint));
      Accounts.Account made =
          account(operator.as(key, settings.registration(customer)), thumbprint);
      customers.put(file, made);
      return made;
    } catch (IOException e) {
      throw new CaException(
          CaException.Kind.ACCOUNT,
          Problem.of("account-key", "The account's key cannot be used", String.valueOf(e)),
          null,
          e);
    }
  }

  /** The configured names of the CA in CAA records; empty for those in its directory. */
  Set<String> caa() {
    return identity.caa();
  }

  /** The operator's account, for requests that concern no customer. */
  AcmeAuthority operator() {
    return operator;
  }

  /** The account whose key has a thumbprint, if this process uses it. */
  @Nullable AcmeAuthority byThumbprint(String thumbprint) {
    return byThumbprint.get(thumbprint);
  }

  /** Closes the connections of all accounts. */
  @Override
  public void close() {
    operator.close();
  }
}
