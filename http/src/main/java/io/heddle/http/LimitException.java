package io.heddle.http;

/** The other side sends more than we want to read. */
public final class LimitException extends HttpException {
  private static final long serialVersionUID = 1;

  LimitException(int status, String message) {
    super(status, message);
  }
}
