import static io.heddle.Go.*;
import static io.heddle.Select.*;

import io.heddle.*;

sealed interface Event {}

record Job(int number) implements Event {}

record NoMoreJobs() implements Event {}

record Quit() implements Event {}

// The cases say what happened, a switch says what to do about it. It is part of the loop, so that
// break, continue and return mean what they always mean.
String work(Receiver<Integer> jobs, Receiver<String> quit) throws InterruptedException {
  loop:
  while (true) {
    Event event =
        select(
            jobs.onReceive(n -> n == null ? new NoMoreJobs() : new Job(n)),
            quit.onReceive(_ -> new Quit()));
    switch (event) {
      case Job(int number) when number % 2 != 0 -> {
        continue loop; // Odd jobs are left to others
      }
      case Job(int number) -> IO.println("Doing job " + number);
      case NoMoreJobs() -> {
        break loop;
      }
      case Quit() -> {
        return "Told to quit";
      }
    }
  }
  return "Out of jobs";
}

void main() throws Exception {
  run(() -> {
    Chan<Integer> jobs = Chan.unbuffered();
    Chan<String> quit = Chan.unbuffered();
    go(() -> {
      jobs.send(1);
      jobs.send(2);
      quit.send("now");
      jobs.send(3);
      jobs.send(4);
      jobs.close();
    });

    IO.println(work(jobs, quit));
    IO.println(work(jobs, quit));
  });
}
