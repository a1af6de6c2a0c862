package io.heddle.race.programs;

import static io.heddle.Go.go;

import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Mutex;

/** Two goroutines pay into an account; with the argument "locked" they do so under a mutex. */
public final class Account {
  private final Mutex mutex = new Mutex();
  private int balance;

  private Account() {}

  private void pay(boolean locks) throws InterruptedException {
    if (locks) {
      mutex.lock();
    }
    balance += 10;
    if (locks) {
      mutex.unlock();
    }
  }

  /** Starts both. */
  public static void main(String[] args) throws Exception {
    boolean locks = args.length > 0;
    Go.run(() -> {
      Account account = new Account();
      Goroutine<?> first = go("first", () -> account.pay(locks));
      Goroutine<?> second = go("second", () -> account.pay(locks));
      first.join();
      second.join();
      System.out.println("balance " + account.balance);
    });
  }
}
