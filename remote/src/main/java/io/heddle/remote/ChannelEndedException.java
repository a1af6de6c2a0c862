package io.heddle.remote;

/**
 * A send to a remote channel that has {@linkplain Outlet#end ended}. The value was not stored.
 * Core's counterpart is {@link io.heddle.ChannelClosedException}. This exception is checked,
 * because another process may end the channel at any time.
 */
public final class ChannelEndedException extends RemoteException {
  private static final long serialVersionUID = 1L;

  ChannelEndedException(String channel, String backend) {
    super(
        "cannot send to channel "
            + channel
            + " in "
            + backend
            + ": the channel has ended. Send to another channel",
        null);
  }
}
