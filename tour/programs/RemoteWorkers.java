import static io.heddle.Go.*;

import io.heddle.*;
import io.heddle.remote.*;

// A pool of workers over a channel of this process, and over a durable one that any number of
// processes may share. The pool is the same: only the line that makes its jobs differs. What the
// jobs promise differs, too: see docs/remote.md.

void main() throws Exception {
  run(() -> {
    var file = Files.createTempDirectory("jobs").resolve("jobs.db");
    try (var remote = Remote.open(file.toString())) {
      IO.println("In this process: " + pool(local()));
      IO.println("Through a file: " + pool(durable(remote)));
    }
  });
}

/** Three workers square the numbers from 1 to 9. */
List<Integer> pool(Jobs jobs) throws Exception {
  var squares = new ConcurrentSkipListSet<Integer>(); // a job may come twice
  try (var workers = new TaskGroup<Void>()) {
    for (int i = 0; i < 3; i++) {
      workers.go(() -> jobs.each(job -> squares.add(job * job)));
    }
    for (int job = 1; job <= 9; job++) {
      jobs.send(job);
    }
    jobs.end();
    workers.await();
  }
  return List.copyOf(squares);
}

interface Jobs {
  void send(int job) throws Exception;

  void end() throws Exception;

  void each(Work work) throws Exception;
}

interface Work {
  void on(int job) throws Exception;
}

Jobs local() {
  Chan<Integer> jobs = Chan.unbuffered();
  return new Jobs() {
    public void send(int job) throws Exception {
      jobs.send(job); // returns when a worker has it
    }

    public void end() {
      jobs.close();
    }

    public void each(Work work) throws Exception {
      for (int job : jobs) {
        work.on(job);
      }
    }
  };
}

Jobs durable(Remote remote) {
  Codec<Integer> codec = Codec.of(job -> "" + job, Integer::valueOf);
  Outlet<Integer> outlet = remote.outlet("jobs", codec);
  return new Jobs() {
    public void send(int job) throws Exception {
      outlet.send(job); // returns when it is on disk
    }

    public void end() throws Exception {
      outlet.end();
    }

    public void each(Work work) throws Exception {
      try (Inlet<Integer> inlet = remote.inlet("jobs", codec)) {
        for (Delivery<Integer> delivery : inlet) {
          try (delivery) {
            work.on(delivery.value());
            delivery.ack(); // if the worker dies before, another one gets the job
          }
        }
      }
    }
  };
}
