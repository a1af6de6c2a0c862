package io.heddle.http;

import java.net.Socket;
import java.net.SocketException;

/**
 * A socket that blocks its goroutine alone, by a {@link Poller} of ours. For clients: it has no
 * server's side. Interrupting one who waits for it closes it, on a platform thread, too.
 */
final class PolledSocket extends Socket {
  PolledSocket() throws SocketException {
    super(new PolledSocketImpl());
  }
}
