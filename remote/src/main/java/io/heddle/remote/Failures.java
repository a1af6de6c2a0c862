package io.heddle.remote;

import io.heddle.queue.QueueException;
import java.nio.file.NoSuchFileException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;

/** Says which call failed, at which backend, why, and what to do next. */
final class Failures {
  private static final int SQLITE_READONLY = 8;
  private static final int SQLITE_IOERR = 10;
  private static final int SQLITE_FULL = 13;
  private static final int SQLITE_NOTADB = 26;
  private static final int PRIMARY_CODE = 0xff;

  private static final String SERVER =
      "Check that the server runs; calls succeed again when it answers";

  private Failures() {}

  /**
   * A call that had no effect.
   *
   * @param action the call, and the backend
   */
  static RemoteException failed(String action, QueueException e) {
    String nextStep = nextStep(e);
    return new RemoteException(
        "cannot " + action + ": " + text(e) + (nextStep.isEmpty() ? "" : ". " + nextStep), e);
  }

  /** A send that may have stored its message. */
  static UnknownOutcomeException maybeSent(String action, String id, Exception e) {
    return unknown(action, e, "Send it again with the id " + id + ": it is stored once", id);
  }

  /** A settlement of a delivery or of a lock that may have been stored. */
  static UnknownOutcomeException maybeSettled(String action, String id, Exception e) {
    return unknown(action, e, "If it was not stored, the lease ends by itself", id);
  }

  /** A request that may have been handled. */
  static UnknownOutcomeException maybeHandled(
      String action, String id, boolean isTaken, Exception e) {
    return unknown(
        action,
        e,
        (isTaken ? "" : "No responder has reported it: check that one runs. ")
            + "The request "
            + id
            + " may have been handled. Repeat it with the same id if its handler recognises that",
        id);
  }

  private static UnknownOutcomeException unknown(
      String action, Exception e, String nextStep, String id) {
    return new UnknownOutcomeException(
        "the outcome is unknown: " + action + ": " + text(e) + ". " + nextStep, id, e);
  }

  /** The reason, without the name of the queue, and without the full stop of a driver's message. */
  private static String text(Exception e) {
    Throwable reason = e instanceof QueueException failure ? reason(failure) : e;
    String text =
        reason instanceof SQLException || !(e instanceof QueueException)
            ? reason.getMessage()
            : e.getMessage();
    return text == null ? reason.toString() : text.replaceFirst("\\.$", "");
  }

  /**
   * Whether the call may have had an effect: the connection was lost while the database was working
   * on it. Otherwise the database has said that it had none, or was not reached.
   */
  static boolean maybeDone(QueueException e) {
    if (!(e.getCause() instanceof SQLException failure)
        || failure instanceof SQLTransientConnectionException) {
      return false;
    }
    String state = failure.getSQLState();
    if (state == null) { // SQLite
      return (failure.getErrorCode() & PRIMARY_CODE) == SQLITE_IOERR;
    }
    return switch (state) {
      case "08001", "08004", "57P03" -> false; // no connection was made
      case "40003", "57P01", "57P02" -> true; // the server stopped
      default -> state.startsWith("08");
    };
  }

  private static String nextStep(QueueException e) {
    if (!(reason(e) instanceof SQLException failure)) {
      if (e.getCause() instanceof NoSuchFileException) {
        return "Create the folder";
      }
      return "the queue is closed".equals(e.getMessage()) ? "Open another Remote" : "";
    }
    if (failure instanceof SQLTransientConnectionException) {
      return SERVER;
    }
    String state = failure.getSQLState();
    if (state == null) {
      return switch (failure.getErrorCode() & PRIMARY_CODE) {
        case SQLITE_FULL -> "Free space on the disk";
        case SQLITE_NOTADB -> "Choose another name, or move the file away";
        case SQLITE_READONLY -> "Make the file and its folder writable";
        default -> "Check the file, its folder and the disk";
      };
    }
    return switch (state) {
      case "08001" -> "Start the server, or correct the host and the port in the address";
      case "28000", "28P01" -> "Correct the user and the password in the address";
      case "3D000" -> "Create the database, or correct its name in the address";
      case "3F000" -> "Create the schema, or correct its name in the address";
      case "42501" -> "Grant the user the right to create and use tables in the schema";
      case "53100" -> "Free space on the server's disk";
      case "53300" -> "Allow more connections, or use fewer";
      case "25006" -> "Give the address of the primary server";
      case "57P03" -> "Wait until the server has started";
      default ->
          state.startsWith("08") || state.startsWith("57P") ? SERVER : "See the server's log";
    };
  }

  /** If a pool times out while connecting, the cause is the reason. */
  private static Throwable reason(QueueException e) {
    Throwable cause = e.getCause();
    while (cause instanceof SQLTransientConnectionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause == null ? e : cause;
  }
}
