import static io.heddle.Go.*;

import io.heddle.*;

SingleFlight<String, Integer> lookups = new SingleFlight<>();
WaitGroup asking = new WaitGroup();

int lookUp(String city) throws InterruptedException {
  IO.println("Looking up " + city);
  asking.await(); // Slow: waits until all have called
  return 21;
}

// golang.org/x/sync/singleflight: concurrent calls for the same key share one result
void main() throws Exception {
  run(() -> {
    var calls = new ArrayList<SingleFlight.Call<Integer>>();
    asking.add(1);
    for (int i = 0; i < 3; i++) {
      calls.add(lookups.call("Oslo", () -> lookUp("Oslo")));
    }
    asking.done();

    for (var call : calls) {
      var result = call.await();
      IO.println("It is " + result.value() + " degrees, shared: " + result.shared());
    }
  });
}
