package io.heddle.purge.stores;

import io.heddle.AfterFunc;
import io.heddle.Go;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import redis.clients.jedis.JedisSocketFactory;
import redis.clients.jedis.exceptions.JedisConnectionException;

/**
 * Opens connections to a Unix socket. The JDK has these only as channels, so a socket wraps one.
 *
 * @param millis how long to wait for each answer
 */
record UnixSockets(Path path, int millis) implements JedisSocketFactory {
  @Override
  public Socket createSocket() throws JedisConnectionException {
    try {
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      boolean isOpen = false;
      try {
        channel.connect(UnixDomainSocketAddress.of(path));
        isOpen = true;
        return new ChannelSocket(channel, millis);
      } finally {
        if (!isOpen) {
          channel.close();
        }
      }
    } catch (IOException e) {
      throw new JedisConnectionException("no connection to " + path, e);
    }
  }

  /** A channel in the form of a socket, with the methods that Jedis calls. */
  private static final class ChannelSocket extends WrappedSocket {
    private final SocketChannel channel;
    private volatile int soTimeout;
    private volatile boolean isLate;

    ChannelSocket(SocketChannel channel, int soTimeout) {
      this.channel = channel;
      this.soTimeout = soTimeout;
    }

    @Override
    public InputStream getInputStream() {
      return new FilterInputStream(Channels.newInputStream(channel)) {
        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
          if (soTimeout == 0) {
            return super.read(bytes, offset, length);
          }
          AfterFunc deadline =
              Go.afterFunc(Duration.ofMillis(soTimeout), ChannelSocket.this::expire);
          try {
            return super.read(bytes, offset, length);
          } catch (IOException e) {
            throw isLate ? timeout(e) : e;
          } finally {
            deadline.stop();
          }
        }
      };
    }

    private void expire() {
      isLate = true;
      close();
    }

    private static SocketTimeoutException timeout(IOException e) {
      return (SocketTimeoutException) new SocketTimeoutException("no answer in time").initCause(e);
    }

    @Override
    public OutputStream getOutputStream() {
      return Channels.newOutputStream(channel);
    }

    @Override
    public int getSoTimeout() {
      return soTimeout;
    }

    @Override
    public void setSoTimeout(int millis) {
      soTimeout = millis;
    }

    @Override
    public boolean isClosed() {
      return !channel.isOpen();
    }

    @Override
    public void close() {
      try {
        channel.close();
      } catch (IOException e) {
        // the channel is not used any more in either case
      }
    }
  }
}
