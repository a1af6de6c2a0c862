// Proves the build; to be replaced by the first real program.

import static io.heddle.Placeholder.*;

void main() throws Exception {
  IO.println(greet("tour"));
}
