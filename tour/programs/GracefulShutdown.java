import static io.heddle.Go.*;

import io.heddle.*;

// Sends one request, and then waits for more
void accept(Sender<String> requests) throws InterruptedException {
  try {
    requests.send("request 1");
    sleep(Duration.ofDays(1));
  } finally {
    IO.println("No more requests");
    requests.close();
  }
}

void handle(String request) throws Exception {
  IO.println("Handling " + request);
  long pid = ProcessHandle.current().pid();
  new ProcessBuilder("sh", "-c", "kill -TERM " + pid).start(); // As docker stop or Kubernetes does
  sleep(Duration.ofMillis(200));
  IO.println("Handled " + request);
}

// os/signal.NotifyContext
void main() throws Exception {
  run(() -> {
    try (var shutdown = Context.untilShutdown()) {
      Chan<String> requests = Chan.unbuffered();

      // The signal interrupts it
      go(shutdown, () -> accept(requests));

      // Not under the context, so that it finishes what has been accepted
      var worker =
          go(() -> {
            for (String request : requests) {
              handle(request);
            }
          });

      worker.join();
      IO.println("Ended by " + shutdown.signal());
    }
  });
}
