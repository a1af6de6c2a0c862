package io.heddle.http;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** A body as it comes: of known length, in chunks, or up to the end of the connection. */
final class HttpBody extends InputStream {
  private final HttpInput in;
  private final Framing framing;

  /** What is left of the body or of the chunk. */
  private long left;

  private boolean isFirst = true;
  private boolean isOver;

  HttpBody(HttpInput in, Framing framing) {
    this.in = in;
    this.framing = framing;
    this.left =
        switch (framing) {
          case Framing.Fixed(long length) -> length;
          case Framing.Chunked _ -> 0;
          case Framing.UntilEnd _ -> Long.MAX_VALUE;
        };
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
    if (framing.equals(Framing.CHUNKED) && left == 0 && !isOver) {
      nextChunk();
    }
    if (left == 0) {
      return -1;
    }
    int read = in.read(bytes, offset, (int) Math.min(length, left));
    if (read < 0 && !(framing instanceof Framing.UntilEnd)) {
      throw new EOFException("connection closed in a body");
    }
    left -= Math.max(0, read);
    return read;
  }

  private void nextChunk() throws IOException {
    if (!isFirst) {
      in.endChunk();
    }
    isFirst = false;
    left = in.chunkSize(Long.MAX_VALUE);
    isOver = left == 0;
  }
}
