package emails;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.heddle.remote.Remote;
import io.heddle.testing.LeakChecked;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@LeakChecked
final class EmailsTest {
  @Test
  void anEmailOutlivesTheProcessThatSubmittedIt(@TempDir Path folder) throws Exception {
    String file = folder.resolve("emails.db").toString();
    try (Remote remote = Remote.open(file)) {
      Emails.submit(remote, "ann@example.com");
      Emails.end(remote);
    }
    var sent = new ArrayList<String>();
    try (Remote remote = Remote.open(file)) {
      Emails.work(remote, sent::add);
    }
    assertEquals(List.of("ann@example.com"), sent);
  }
}
