package io.heddle.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A contender: its name on the command line, and how its process is started. */
public enum Contender {
  /** Heddle on its own scheduler. */
  HEDDLE("heddle", "io.heddle.bench.heddle.HeddlePeer"),
  /** Heddle on the JDK's scheduler, which programs use without a JVM option. */
  HEDDLE_JDK("heddle-jdk", "io.heddle.bench.heddle.HeddlePeer"),
  /** Go. */
  GO("go", ""),
  /** Kotlin coroutines. */
  KOTLIN("kotlin", "io.heddle.bench.kotlin.KotlinPeerKt"),
  /** Jox. */
  JOX("jox", "io.heddle.bench.jox.JoxPeer"),
  /** java.util.concurrent on virtual threads. */
  JUC("juc", "io.heddle.bench.juc.JucPeer");

  private final String id;
  private final String mainClass;

  Contender(String id, String mainClass) {
    this.id = id;
    this.mainClass = mainClass;
  }

  /** The name on the command line and in the report. */
  public String id() {
    return id;
  }

  /** Whether it is Heddle, on either scheduler. */
  boolean isHeddle() {
    return this == HEDDLE || this == HEDDLE_JDK;
  }

  /** Whether it runs on a JVM. */
  boolean isJava() {
    return this != GO;
  }

  /**
   * Finds a contender.
   *
   * @throws IllegalArgumentException if none has this name
   */
  public static Contender of(String id) {
    for (Contender one : values()) {
      if (one.id.equals(id)) {
        return one;
      }
    }
    throw new IllegalArgumentException(
        "no peer is called '"
            + id
            + "'; there are "
            + String.join(", ", Arrays.stream(values()).map(Contender::id).toList()));
  }

  /** The flags for this JVM peer only. */
  List<String> ownFlags() {
    return switch (this) {
      case HEDDLE ->
          List.of("--add-opens=java.base/java.lang=ALL-UNNAMED", "-Dheddle.scheduler=heddle");
      case HEDDLE_JDK -> List.of("-Dheddle.scheduler=jdk");
      default -> List.of();
    };
  }

  /** The command of a JVM peer. */
  List<String> javaCommand(String classPath, List<String> flags) {
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("java.home") + "/bin/java");
    command.addAll(flags);
    command.addAll(ownFlags());
    command.addAll(List.of("-cp", classPath, mainClass));
    return command;
  }
}
