package io.heddle.remote;

import java.util.List;

/**
 * Receives notes, which a backend may lose or deliver twice, and keeps no longer than {@link
 * Remote#WINDOW}. It has one receiver.
 */
interface Mailbox {
  /** Waits for notes; an interrupt ends the wait. */
  List<String> receive() throws RemoteException, InterruptedException;

  /** Removes the mailbox, as far as the backend can be reached. */
  void close();
}
