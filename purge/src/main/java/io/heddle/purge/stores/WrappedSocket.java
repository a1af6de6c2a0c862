package io.heddle.purge.stores;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;

/** A connection in the form of a socket, with the methods that the clients of stores call. */
abstract class WrappedSocket extends Socket {
  @Override
  public abstract InputStream getInputStream() throws IOException;

  @Override
  public abstract OutputStream getOutputStream() throws IOException;

  @Override
  public abstract int getSoTimeout() throws SocketException;

  @Override
  public abstract void setSoTimeout(int millis) throws SocketException;

  @Override
  public abstract boolean isClosed();

  @Override
  public abstract void close() throws IOException;

  @Override
  public boolean isConnected() {
    return true;
  }

  @Override
  public boolean isBound() {
    return true;
  }

  @Override
  public boolean isInputShutdown() {
    return false;
  }

  @Override
  public boolean isOutputShutdown() {
    return false;
  }
}
