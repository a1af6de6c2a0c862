import static io.heddle.Go.*;
import static io.heddle.Select.*;

import io.heddle.*;
import io.heddle.Selected.*;

// The branches are part of the loop, so break, continue and return mean what they always mean.
String work(Receiver<Integer> jobs, Receiver<String> quit) throws InterruptedException {
  loop:
  while (true) {
    switch (choose(jobs.onReceive(), quit.onReceive())) {
      case First(Integer number) when number == null -> {
        break loop; // The channel is closed
      }
      case First(Integer number) when number % 2 != 0 -> {
        continue loop; // Odd jobs are left to others
      }
      case First(var number) -> IO.println("Doing job " + number);
      case Second(_) -> {
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
