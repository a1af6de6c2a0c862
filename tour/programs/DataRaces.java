import static io.heddle.Go.*;
import static java.time.Duration.ofMillis;

import io.heddle.*;

class Account {
  private int balance;

  void pay(int amount) {
    balance += amount;
  }

  int balance() {
    return balance;
  }
}

// The result is right, and yet it is a race: time orders nothing. ./heddle --race tour DataRaces
// reports it.
void main() throws Exception {
  run(() -> {
    var account = new Account();
    Goroutine<?> first = go(() -> account.pay(10));
    sleep(ofMillis(100)); // instead of first.join()
    Goroutine<?> second = go(() -> account.pay(10));
    first.join();
    second.join();
    IO.println("Balance: " + account.balance());
  });
}
