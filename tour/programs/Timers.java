import static io.heddle.Go.*;
import static io.heddle.Select.*;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;

import io.heddle.*;

void main() throws Exception {
  run(() -> {
    // A timer is its channel
    Timer timer = Timer.start(ofMillis(100));
    timer.receive();
    IO.println("The timer has expired.");

    // Stopped in time, it yields nothing
    timer.reset(ofMinutes(1));
    IO.println("Stopped in time: " + timer.stop());
    IO.println(select(timer.onReceive(_ -> "expired"), otherwise(() -> "nothing")));

    // time.AfterFunc
    Chan<String> bell = Chan.unbuffered();
    var alarm = afterFunc(ofMinutes(1), () -> bell.send("Ring!"));
    alarm.reset(ofMillis(100)); // Sooner, please
    IO.println(bell.receive());
  });
}
