package io.heddle.http;

import java.net.ProtocolException;

/** A message that is not as HTTP has it. */
public sealed class HttpException extends ProtocolException permits LimitException {
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
