package io.heddle.race;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.race.kernels.KernelRunner;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Mistakes planted in the detector, each of which a kernel finds. */
@Tag("system")
@Tag("slow")
class MutantsTest {
  private static final Path SOURCES = Path.of("src/main/java/io/heddle/race");

  /** An old text, which occurs exactly once, and a new one. */
  record Edit(String file, String old, String with) {}

  /** A mistake, and the line of the kernel that finds it. */
  record Mutant(String what, String kernel, List<Edit> edits) {
    @Override
    public String toString() {
      return what;
    }
  }

  private static Mutant mutant(String what, String kernel, Edit... edits) {
    return new Mutant(what, kernel, List.of(edits));
  }

  static Stream<Mutant> mutants() {
    return Stream.of(
        mutant(
            "a release overwrites the clock",
            "N WaitGroupMultipleWait",
            new Edit(
                "clock/SyncVar.java",
                "VectorClock joined = clock.join(released);",
                "VectorClock joined = released;")),
        mutant(
            "one clock for all that pass a channel",
            "R BlockedSendHidesNothing",
            new Edit(
                "hook/ChannelClocks.java",
                "clocks.places[place] = thread.offered();",
                "clocks.places[place] = clocks.places[place].join(thread.offered());")),
        mutant(
            "slots are used again at once",
            "R OneAfterTheEndOfTheOther",
            new Edit(
                "clock/Slots.java",
                "if (starter.get(candidate.slot) >= candidate.time) {",
                "if (candidate.time > 0) {")),
        mutant(
            "readers are ordered among themselves",
            "R RWMutexMultipleReaders",
            new Edit(
                "hook/HeddleHooks.java",
                "SyncVar.of(lock, READERS).release(thread);",
                "SyncVar.of(lock).release(thread);")),
        mutant(
            "len is an edge",
            "R ChanSendLen",
            new Edit(
                "agent/Weaving.java",
                ".onReturn(\"isDrained\", \"drained\", SELF, RESULT)",
                ".onReturn(\"isDrained\", \"drained\", SELF, RESULT)"
                    + ".onReturn(\"len\", \"looked\", SELF)"),
            new Edit(
                "hook/ChannelClocks.java",
                "  private int next(int place) {",
                "  public static void looked(ChannelView channel) {"
                    + " for (VectorClock place : of(channel).places) {"
                    + " ThreadState.current().acquire(place); } }"
                    + "  private int next(int place) {")),
        mutant(
            "the initialisation of a class is no edge",
            "N ClassInitialisation",
            new Edit("shadow/ClassState.java", "thread.acquire(clock);", "thread.acquire(null);")),
        mutant(
            "what one thread has accessed counts for the next",
            "R OtherFieldFirst",
            new Edit("shadow/Shadow.java", "      written = 0;", "")),
        mutant(
            "an atomic access stands for a plain one",
            "R AtomicStoreLoad",
            new Edit(
                "shadow/Shadow.java",
                "return isAtomic(leaf & stack) ? null",
                "return isAtomic(leaf | stack) ? null")),
        mutant(
            "elements count as accessed after a release",
            "R ElementAgainAfterARelease",
            new Edit(
                "clock/Accessed.java", "return number * 0x9E37_79B9_7F4A_7C15L;", "return 1;")),
        mutant(
            "elements count as accessed after an atomic access",
            "R ElementAgainAfterAnAtomicAccess",
            new Edit("shadow/ArrayShadow.java", "thread.forgetElements();", "")),
        mutant(
            "a fork is no edge",
            "N ForkedToAnotherWorker",
            new Edit(
                "agent/Weaving.java",
                "task.entry(\"fork\", \"forks\", SELF)",
                "task.entry(\"fork\", \"acquire\", SELF)")),
        mutant(
            "a callback acquires nothing",
            "N EqualsInConcurrentMap",
            new Edit("clock/Operation.java", "each.clock.acquire(thread);", "")),
        mutant(
            "every callback publishes what it does",
            "R ForEachThatChanges",
            new Edit("clock/Operation.java", "if (each.publishes) {", "if (thread != null) {")),
        mutant(
            "a callback that fails publishes nothing",
            "N ComputeThatFails",
            new Edit("hook/Hooks.java", "    returns(operation, thread);", "")),
        mutant(
            "a view has a clock of its own",
            "N ChangedByView",
            new Edit("clock/SyncVar.java", "OF_OBJECT.get(view, key -> clock);", "")),
        mutant(
            "an iterator hands out what it had when it was made",
            "N AddedToIterator",
            new Edit(
                "hook/HandedOut.java",
                "E next = iterator().next();\n      acquire(clock);",
                "E next = iterator().next();")),
        mutant(
            "the JDK does not use what it is given",
            "N CopyOfConcurrentMap",
            new Edit(
                "agent/Contracts.java",
                "return given.isEmpty() ? itself",
                "return !given.isEmpty() ? itself")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("mutants")
  void aKernelFindsEach(Mutant mutant, @TempDir Path folder) throws Exception {
    Path agent = plant(mutant, folder);
    String name = mutant.kernel.substring(2);
    ChildJvm jvm =
        ChildJvm.run(agent, "exclude=io.heddle.race.unseen.", List.of(), KernelRunner.class, name);
    assertTrue(
        jvm.output().contains("WRONG " + mutant.kernel + " "),
        () -> mutant.kernel + " has not noticed\n" + jvm.output());
  }

  /** The agent with the mistake. */
  private static Path plant(Mutant mutant, Path folder) throws IOException {
    Path sources = Files.createDirectory(folder.resolve("sources"));
    Path classes = Files.createDirectory(folder.resolve("classes"));
    List<String> command =
        new ArrayList<>(
            List.of(
                "-proc:none",
                "-nowarn",
                "-d",
                classes.toString(),
                "-cp",
                ChildJvm.agent() + ":" + System.getProperty("java.class.path")));
    for (Edit edit : mutant.edits) {
      String source = Files.readString(SOURCES.resolve(edit.file));
      assertEquals(2, source.split(java.util.regex.Pattern.quote(edit.old), -1).length, edit.old);
      Path mutated = sources.resolve(Path.of(edit.file).getFileName().toString());
      command.add(Files.writeString(mutated, source.replace(edit.old, edit.with)).toString());
    }
    JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
    assertEquals(0, javac.run(null, null, null, command.toArray(String[]::new)));
    Path agent = Files.copy(ChildJvm.agent(), folder.resolve("agent.jar"));
    try (FileSystem jar = FileSystems.newFileSystem(URI.create("jar:" + agent.toUri()), Map.of());
        Stream<Path> compiled = Files.walk(classes)) {
      for (Path file : compiled.filter(Files::isRegularFile).toList()) {
        Files.copy(
            file,
            jar.getPath(classes.relativize(file).toString()),
            StandardCopyOption.REPLACE_EXISTING);
      }
    }
    return agent;
  }
}
