import static io.heddle.Go.*;

import io.heddle.*;

RWMutex mutex = new RWMutex();
String colour = "blue";

void read(int id, WaitGroup inside) throws InterruptedException {
  mutex.reading().lock(); // Go's RLock
  try {
    inside.done();
    inside.await(); // All readers hold the lock at this moment
    IO.println("Reader " + id + " sees " + colour);
  } finally {
    mutex.reading().unlock();
  }
}

void paint(String wanted) throws InterruptedException {
  mutex.lock(); // Alone: neither readers nor other writers
  try {
    colour = wanted;
    IO.println("Writer paints it " + colour);
  } finally {
    mutex.unlock();
  }
}

void main() throws Exception {
  run(() -> {
    var readers = new WaitGroup();
    for (String next : List.of("red", "green")) {
      var inside = new WaitGroup();
      inside.add(3);
      for (int i = 0; i < 3; i++) {
        int id = i;
        readers.go(() -> read(id, inside));
      }
      inside.await();
      paint(next); // Waits for the readers to leave
      readers.await();
    }
  });
}
