package io.heddle.http;

import java.net.ProtocolException;

/** A message that is not as it has to be, or larger than it may be. */
final class HttpException extends ProtocolException {
  private static final long serialVersionUID = 1;

  /** What a server answers. */
  final int status;

  HttpException(int status, String message) {
    super(message);
    this.status = status;
  }

  /** Something that is no HTTP. */
  static HttpException malformed(String message) {
    return new HttpException(400, message);
  }
}
