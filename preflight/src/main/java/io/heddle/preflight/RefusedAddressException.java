package io.heddle.preflight;

import java.io.IOException;
import java.net.InetAddress;

/** An address to which checks must not connect. */
final class RefusedAddressException extends IOException {
  private static final long serialVersionUID = 1;

  RefusedAddressException(InetAddress address, String reason) {
    super(address.getHostAddress() + " is refused: " + reason);
  }
}
