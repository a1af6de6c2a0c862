package io.heddle.http;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** A body as it comes: of known length, in chunks, or up to the end of the connection. */
final class HttpBody extends InputStream {
  private final HttpInput in;
  private final boolean isChunked;
  private final boolean isUpToTheEnd;

  /** What is left of the body or of the chunk. */
  private long left;

  private boolean isFirst = true;
  private boolean isOver;

  HttpBody(HttpInput in, boolean isChunked, boolean isUpToTheEnd, long length) {
    this.in = in;
    this.isChunked = isChunked;
    this.isUpToTheEnd = isUpToTheEnd;
    this.left = length;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (isChunked && left == 0 && !isOver) {
      nextChunk();
    }
    if (isOver || (left == 0 && !isUpToTheEnd)) {
      return -1;
    }
    int most = isUpToTheEnd ? length : (int) Math.min(length, left);
    int read = in.read(bytes, offset, most);
    if (read < 0) {
      if (isUpToTheEnd) {
        isOver = true;
        return -1;
      }
      throw new EOFException("connection closed in a body");
    }
    left -= isUpToTheEnd ? 0 : read;
    return read;
  }

  private void nextChunk() throws IOException {
    if (!isFirst) {
      in.line();
    }
    isFirst = false;
    left = in.chunkSize();
    isOver = left == 0;
  }
}
