package io.heddle.purge.stores;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;

/**
 * A connection to a server that has requested a certificate that the client lacks. With TLS 1.3 the
 * server may refuse the client only after the handshake. The client then often sees nothing but a
 * broken connection, for which another attempt would seem worthwhile. So a connection that breaks
 * before anything was received is reported as an error of TLS.
 */
final class TlsSocket extends WrappedSocket {
  private final SSLSocket socket;
  private volatile boolean hasReceived;

  TlsSocket(SSLSocket socket) {
    this.socket = socket;
  }

  @Override
  public InputStream getInputStream() throws IOException {
    return new FilterInputStream(socket.getInputStream()) {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        int read;
        try {
          read = super.read(bytes, offset, length);
        } catch (IOException e) {
          throw explained(e);
        }
        if (read < 0 && !hasReceived) {
          throw refusal();
        }
        hasReceived = true;
        return read;
      }
    };
  }

  @Override
  public OutputStream getOutputStream() throws IOException {
    return new FilterOutputStream(socket.getOutputStream()) {
      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        try {
          out.write(bytes, offset, length);
        } catch (IOException e) {
          throw explained(e);
        }
      }
    };
  }

  private IOException explained(IOException e) {
    if (hasReceived || e instanceof SocketTimeoutException || e instanceof SSLException) {
      return e;
    }
    SSLException refusal = refusal();
    refusal.addSuppressed(new IOException(e.getMessage()));
    return refusal;
  }

  private static SSLException refusal() {
    return new SSLException("certificate_required: the server closed the connection");
  }

  @Override
  public int getSoTimeout() throws SocketException {
    return socket.getSoTimeout();
  }

  @Override
  public void setSoTimeout(int millis) throws SocketException {
    socket.setSoTimeout(millis);
  }

  @Override
  public boolean isClosed() {
    return socket.isClosed();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
