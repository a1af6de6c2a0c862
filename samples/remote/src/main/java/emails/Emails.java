package emails;

import io.heddle.remote.Codec;
import io.heddle.remote.Delivery;
import io.heddle.remote.Inlet;
import io.heddle.remote.Remote;
import io.heddle.remote.RemoteException;
import java.util.function.Consumer;

/** E-mails that are to be sent, in a channel that outlives the process. */
final class Emails {
  private static final String CHANNEL = "emails";

  private Emails() {}

  /** Returns when the address is on disk. */
  static void submit(Remote remote, String address) throws RemoteException, InterruptedException {
    remote.outlet(CHANNEL, Codec.text()).send(address);
  }

  /** Sends e-mails until the channel has ended. An e-mail whose sending fails comes again. */
  static void work(Remote remote, Consumer<String> mailer)
      throws RemoteException, InterruptedException {
    try (Inlet<String> emails = remote.inlet(CHANNEL, Codec.text())) {
      for (Delivery<String> email : emails) {
        try (email) {
          mailer.accept(email.value());
          email.ack();
        }
      }
    }
  }

  /** No more e-mails come. */
  static void end(Remote remote) throws RemoteException, InterruptedException {
    remote.outlet(CHANNEL, Codec.text()).end();
  }
}
