package io.heddle.orders.pipeline;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.ca.CertificateAuthority;
import io.heddle.orders.ca.CertificateAuthority.OrderView;
import io.heddle.orders.ca.CertificateAuthority.Progress;
import io.heddle.orders.files.CertificateFolder;
import io.heddle.orders.files.Chain;
import io.heddle.orders.files.ChainException;
import io.heddle.orders.files.Keys;
import io.heddle.orders.files.SigningRequest;
import io.heddle.queue.Delivery;
import java.io.IOException;
import java.net.URI;
import java.nio.file.NoSuchFileException;
import java.security.PublicKey;
import java.util.Objects;

/**
 * Requests the certificate, fetches it, and accepts it only if its chain leads to a trusted root
 * and it is for the order's names and key. The stage queries the order first: if a worker died
 * after its request, the certificate is fetched, and not requested a second time. It queries again
 * when the CA refuses, because another worker may have made the request in the meantime.
 */
final class FinalizeStage implements Stage {
  private final CertificateAuthority ca;
  private final CertificateFolder folder;
  private final Chain.Verifier verifier;
  private final Retries retries;
  private final Polling polling;

  FinalizeStage(
      CertificateAuthority ca,
      CertificateFolder folder,
      Chain.Verifier verifier,
      Retries retries,
      Polling polling) {
    this.ca = ca;
    this.folder = folder;
    this.verifier = verifier;
    this.retries = retries;
    this.polling = polling;
  }

  @Override
  public OrderState state() {
    return OrderState.FINALIZING;
  }

  @Override
  public Step work(Order order, Delivery delivery, Context context)
      throws CaException, IOException, InterruptedException {
    URI location = Objects.requireNonNull(order.placement(), "placed").location();
    OrderView view = ca.order(location);
    if (view.status() == Progress.READY) {
      finish(order, location);
      view = ca.order(location);
    }
    for (int round = 0; round < polling.rounds() && isUnderWay(view); round++) {
      Go.sleep(polling.pause(round, view.askAgain()));
      view = ca.order(location);
    }
    return switch (view.status()) {
      case VALID -> fetch(order, location, delivery);
      case READY, PROCESSING -> polling.later(order, view.askAgain(), retries, delivery.now());
      case PENDING ->
          retries.again(
              order,
              Problem.of("lost", "Order lost", "the CA wants to validate again"),
              delivery.now());
      case INVALID -> {
        Problem problem = view.problem();
        yield retries.again(
            order,
            problem != null
                ? problem
                : Problem.of("invalid", "Order invalid", "the CA's order is invalid or expired"),
            delivery.now());
      }
    };
  }

  private void finish(Order order, URI location)
      throws CaException, IOException, InterruptedException {
    try {
      ca.finalizeOrder(location, request(order));
    } catch (CaException e) {
      polling.unless(() -> ca.order(location).status() != Progress.READY, e);
    }
  }

  /** The CA may show an outdated state, from before the last authorization was valid. */
  private static boolean isUnderWay(OrderView view) {
    return switch (view.status()) {
      case PENDING, READY, PROCESSING -> true;
      case VALID, INVALID -> false;
    };
  }

  private byte[] request(Order order) throws IOException {
    String csr = order.request().csr();
    return csr != null
        ? SigningRequest.read(csr).der()
        : Keys.request(folder.key(order.id()), order.request().domains());
  }

  private PublicKey key(Order order) throws IOException {
    String csr = order.request().csr();
    return csr != null
        ? SigningRequest.read(csr).key()
        : folder.existingKey(order.id()).getPublic();
  }

  private Step fetch(Order order, URI location, Delivery delivery)
      throws CaException, IOException, InterruptedException {
    Chain chain = new Chain(ca.certificate(location));
    PublicKey key;
    try {
      key = key(order);
    } catch (NoSuchFileException e) {
      return awaitKey(order, "is not at " + e.getMessage());
    }
    if (!chain.isFor(key)) {
      return awaitKey(order, "differs from the one here");
    }
    try {
      verifier.verify(chain, order.request().domains(), key, Go.now());
    } catch (ChainException e) {
      Problem problem =
          Problem.of(
              "chain",
              "The certificate does not verify",
              e.getMessage() + "; the certificate is at " + location);
      return switch (e.fault()) {
        case TIME -> retries.retry(order, problem, delivery.now());
        case CONTENT -> Step.to(order.dead(problem));
        case TRUST -> throw untrusted(problem, e);
      };
    }
    folder.write(order.id(), chain.pem());
    return Step.to(
        order
            .with(new Order.Certificate(chain.pem(), chain.serial(), chain.notAfter()))
            .to(OrderState.ISSUED));
  }

  /** Lets the order wait until its certificate is trusted here. */
  private static CaException untrusted(Problem problem, ChainException e) {
    return new CaException(
        CaException.Kind.ACCOUNT,
        Problem.of(
            "untrusted",
            "The CA's certificates are not trusted here",
            problem + "; start with --roots FILE that has the certificate of the CA's root"),
        null,
        e);
  }

  /**
   * The worker that requested the certificate may have made its key in a folder that this worker
   * does not see: on another machine, not shared or shared with a delay. The order waits, and no
   * attempt is counted.
   */
  private Step awaitKey(Order order, String where) {
    Problem problem =
        Problem.of(
            "key-gone",
            "The certificate's key is gone",
            "the CA has issued the certificate, and its key "
                + where
                + ": put it back, or submit the order again");
    int looks = order.problem() == null ? 0 : order.waits();
    return looks >= polling.patience()
        ? Step.to(order.dead(problem))
        : Step.later(order.waited(problem), polling.rest(looks));
  }
}
