import static io.heddle.Go.*;

import io.heddle.*;

// The JDK's ConcurrentHashMap takes the place of Go's sync.Map.
void main() throws Exception {
  run(() -> {
    var ages = new ConcurrentHashMap<String, Integer>(); // var ages sync.Map
    var wg = new WaitGroup();

    // Goroutines write disjoint sets of keys
    for (String name : List.of("Ada", "Bob", "Cleo")) {
      wg.go(() -> ages.put(name, 10 * name.length())); // ages.Store(name, 10*len(name))
    }
    wg.await();

    // v, ok := ages.Load("Cleo")
    IO.println("Load: " + ages.get("Cleo") + ", " + ages.get("Dan"));

    // actual, loaded := ages.LoadOrStore("Ada", 99)
    IO.println("LoadOrStore: " + ages.putIfAbsent("Ada", 99) + ", " + ages.putIfAbsent("Dan", 50));

    // v, loaded := ages.LoadAndDelete("Bob")
    IO.println("LoadAndDelete: " + ages.remove("Bob") + ", " + ages.remove("Bob"));

    // swapped := ages.CompareAndSwap("Ada", 30, 31)
    IO.println(
        "CompareAndSwap: " + ages.replace("Ada", 30, 31) + ", " + ages.replace("Ada", 30, 32));

    // deleted := ages.CompareAndDelete("Ada", 30)
    IO.println("CompareAndDelete: " + ages.remove("Ada", 30) + ", " + ages.remove("Ada", 31));

    // ages.Range(func(name, age any) bool { ...; return true })
    ages.forEach((name, age) -> IO.println("Range: " + name + " is " + age));

    ages.clear(); // ages.Clear()
    IO.println("Clear: " + ages.size());
  });
}
