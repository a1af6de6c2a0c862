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
import java.io.IOException;
import java.net.URI;
import java.nio.file.NoSuchFileException;
import java.security.PublicKey;
import java.time.InstantSource;
import java.util.Objects;

/**
 * Asks for the certificate, fetches it, and believes it only when its chain leads to a trusted root
 * and it is for our names and our key. It looks first how far the order is: when a worker died
 * after it had asked, the certificate is fetched, not ordered a second time.
 */
final class FinalizeStage implements Stage {
  private static final String NOT_READY = Problem.ACME + "orderNotReady";

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
  public Step work(Order order, InstantSource clock, Context context)
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
      case VALID -> fetch(order, location, clock);
      case READY, PROCESSING -> polling.later(order, view.askAgain(), retries, clock.instant());
      case PENDING ->
          retries.again(
              order,
              Problem.of("lost", "Order lost", "the CA wants to validate again"),
              clock.instant());
      case INVALID -> {
        Problem problem = view.problem();
        yield retries.again(
            order,
            problem != null
                ? problem
                : Problem.of("invalid", "Order invalid", "the CA's order is invalid or expired"),
            clock.instant());
      }
    };
  }

  private void finish(Order order, URI location)
      throws CaException, IOException, InterruptedException {
    try {
      ca.finalizeOrder(location, request(order));
    } catch (CaException e) {
      if (!NOT_READY.equals(e.problem().type())) {
        throw e;
      }
      // A worker whose lease has ended was a moment earlier: what came of that, the order tells.
    }
  }

  private static boolean isUnderWay(OrderView view) {
    return view.status() == Progress.PROCESSING || view.status() == Progress.READY;
  }

  private byte[] request(Order order) throws IOException {
    String csr = order.request().csr();
    return csr != null
        ? Keys.decode(csr)
        : Keys.request(folder.key(order.id()), order.request().domains());
  }

  private PublicKey key(Order order) throws IOException {
    String csr = order.request().csr();
    return csr != null ? Keys.keyOf(csr) : folder.existingKey(order.id()).getPublic();
  }

  private Step fetch(Order order, URI location, InstantSource clock)
      throws CaException, IOException, InterruptedException {
    Chain chain = new Chain(ca.certificate(location));
    try {
      verifier.verify(chain, order.request().domains(), key(order), Go.now());
    } catch (ChainException e) {
      Problem problem =
          Problem.of(
              "chain",
              "The certificate does not verify",
              e.getMessage() + "; the certificate is at " + location);
      return e.isOfTime()
          ? retries.retry(order, problem, clock.instant())
          : Step.to(order.dead(problem));
    } catch (NoSuchFileException e) {
      return Step.to(
          order.dead(
              Problem.of(
                  "key-gone",
                  "The certificate's key is gone",
                  "the CA has issued the certificate, and its key is not at "
                      + e.getMessage()
                      + ": put it back and replay the order, or submit the order anew")));
    }
    folder.write(order.id(), chain.pem());
    return Step.to(
        order
            .with(new Order.Certificate(chain.pem(), chain.serial(), chain.notAfter()))
            .to(OrderState.ISSUED));
  }
}
