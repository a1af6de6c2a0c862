package io.heddle.remote;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Locks in etcd. It has no channels. */
final class EtcdBackend implements Backend {
  private final EtcdGateway etcd;
  private final KeyLocks locks;

  private EtcdBackend(EtcdGateway etcd) {
    this.etcd = etcd;
    this.locks = new KeyLocks(new EtcdKeys(etcd), etcd.name());
  }

  /** Connects to a cluster at {@code etcd://…} or {@code etcds://…}. */
  static EtcdBackend open(String address) throws RemoteException {
    String name = Addresses.withoutCredentials(address);
    EtcdGateway etcd = EtcdGateway.of(address, name);
    EtcdBackend backend = new EtcdBackend(etcd);
    boolean isOpen = false;
    try {
      etcd.check();
      isOpen = true;
      return backend;
    } finally {
      if (!isOpen) {
        backend.close();
      }
    }
  }

  @Override
  public String name() {
    return etcd.name();
  }

  @Override
  public void checkChannel(String channel) {
    throw hasNone(channel);
  }

  private UnsupportedOperationException hasNone(String channel) {
    return new UnsupportedOperationException(
        "cannot open channel "
            + channel
            + " in "
            + name()
            + ": etcd has locks, and no channels. Use a file, PostgreSQL or NATS");
  }

  @Override
  public void send(String channel, Envelope envelope, @Nullable Lease holder) {
    throw hasNone(channel);
  }

  @Override
  public void end(String channel) {
    throw hasNone(channel);
  }

  @Override
  public List<Lease> claim(String channel, int max, Duration lease) {
    throw hasNone(channel);
  }

  @Override
  public void forget(String channel) {
    throw hasNone(channel);
  }

  @Override
  public List<DeadLetters.Letter> listDead(String channel, long after, int limit) {
    throw hasNone(channel);
  }

  @Override
  public boolean replayDead(String channel, String id) {
    throw hasNone(channel);
  }

  @Override
  public boolean discardDead(String channel, String id) {
    throw hasNone(channel);
  }

  @Override
  public Mailbox mailbox(String address) {
    throw hasNone(address);
  }

  @Override
  public void post(String address, String note) {
    throw hasNone(address);
  }

  @Override
  public Locks locks() {
    return locks;
  }

  @Override
  public List<Lease> extend(List<Lease> leases, Duration lease)
      throws RemoteException, InterruptedException {
    return locks.extend(leases, lease);
  }

  @Override
  public void settle(Lease lease, Settlement how) throws RemoteException, InterruptedException {
    locks.settle(lease, how);
  }

  @Override
  public void close() {
    etcd.close();
  }
}
