package io.heddle.race.agent;

import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Which hooks are put into the classes of Heddle and of the JDK: for each class, its methods by
 * name, all of that name or one. A method that is not there is an error, and the agent does not
 * start: without one of these edges there would be false alarms.
 */
final class Weaving {
  /** Where in a method. */
  enum Point {
    ENTRY,
    /** Before it returns. */
    RETURN,
    /** Before it returns or throws. */
    EXIT
  }

  /** What a hook is given. */
  sealed interface Argument {
    /** The object itself. */
    record Self() implements Argument {}

    /** A parameter, the first is 0. */
    record Parameter(int index) implements Argument {}

    /** What the method returns. */
    record Result() implements Argument {}

    /** A field of the object: the name, and the type's descriptor. */
    record Field(String name, String type) implements Argument {}
  }

  /**
   * A hook in a method.
   *
   * @param method the name, or the name and the descriptor
   */
  record Hook(String method, Point point, String hook, List<Argument> arguments) {
    boolean isIn(String name, String type) {
      return method.equals(name) || method.equals(name + type);
    }
  }

  /** A method of an interface that the class is to implement: it returns a field. */
  record Getter(String name, String field, String type) {}

  /** A method of an interface that the class is to implement. */
  record Body(String name, MethodTypeDesc type, Consumer<CodeBuilder> code) {}

  /** A class and what is put into it. */
  static final class Type {
    final String hookClass;
    final List<Hook> hooks = new ArrayList<>();
    final List<String> interfaces = new ArrayList<>();
    final List<Getter> getters = new ArrayList<>();

    /** Methods of the interface that do more than return a field. */
    final List<Body> bodies = new ArrayList<>();

    /** Volatile fields whose reads acquire the clock that was released to their object. */
    final List<String> acquiring = new ArrayList<>();

    /** Fields to add, of type Object, with a getter and a setter. */
    final List<String> slots = new ArrayList<>();

    private Type(String hookClass) {
      this.hookClass = hookClass;
    }

    Type entry(String method, String hook, Argument... arguments) {
      hooks.add(new Hook(method, Point.ENTRY, hook, List.of(arguments)));
      return this;
    }

    Type onReturn(String method, String hook, Argument... arguments) {
      hooks.add(new Hook(method, Point.RETURN, hook, List.of(arguments)));
      return this;
    }

    Type exit(String method, String hook, Argument... arguments) {
      hooks.add(new Hook(method, Point.EXIT, hook, List.of(arguments)));
      return this;
    }

    /** Methods that begin with releasing to the object. */
    Type releases(String... methods) {
      for (String method : methods) {
        entry(method, "release", SELF);
      }
      return this;
    }

    /** Methods that begin with acquiring from the object. */
    Type acquires(String... methods) {
      for (String method : methods) {
        entry(method, "acquire", SELF);
      }
      return this;
    }

    Type is(String view) {
      interfaces.add(OWN + view);
      return this;
    }

    Type getter(String name, String field, String type) {
      getters.add(new Getter(name, field, type));
      return this;
    }

    Type body(String name, MethodTypeDesc type, Consumer<CodeBuilder> code) {
      bodies.add(new Body(name, type, code));
      return this;
    }

    Type acquiring(String owner, String field) {
      acquiring.add(owner + "." + field);
      return this;
    }

    Type slot(String name) {
      slots.add(name);
      return this;
    }
  }

  private static final String OWN = "io/heddle/race/";
  static final String HEDDLE = "io/heddle/race/hook/HeddleHooks";
  static final String CHANNEL = "io/heddle/race/hook/ChannelClocks";
  static final String JDK = "io/heddle/race/hook/JdkHooks";

  static final Argument SELF = new Argument.Self();
  static final Argument RESULT = new Argument.Result();
  static final Argument FIRST = new Argument.Parameter(0);

  private static final String OBJECT = "Ljava/lang/Object;";

  /** The superclass whose subclasses get hooks, whatever their names. */
  private static final String ALARM = "io/heddle/Alarm";

  private final Map<String, Type> types = new TreeMap<>();

  /**
   * The hooks of a class that is not listed itself: an alarm of Heddle's starts its work on behalf
   * of the goroutine that has set it.
   */
  static @Nullable Type ofSubclass(ClassModel model) {
    boolean isAlarm =
        model.superclass().isPresent()
            && model.superclass().get().asInternalName().equals(ALARM)
            && model.methods().stream().anyMatch(m -> m.methodName().equalsString("goOff"));
    return isAlarm
        ? new Type(HEDDLE).entry("goOff", "alarmBegins", SELF).exit("goOff", "alarmEnds")
        : null;
  }

  private Type type(String name, String hooks) {
    return types.computeIfAbsent(name, key -> new Type(hooks));
  }

  private Type core(String name) {
    return type("io/heddle/" + name, HEDDLE);
  }

  Map<String, Type> types() {
    return types;
  }

  static Argument field(String name, String type) {
    return new Argument.Field(name, type);
  }

  /** The classes of Heddle's core. */
  static Weaving ofHeddle() {
    Weaving all = new Weaving();
    all.waits();
    all.channels();
    all.goroutines();
    all.locks();
    all.sources();
    return all;
  }

  private void waits() {
    core("Node")
        .is("hook/NodeView")
        .getter("race$item", "item", OBJECT)
        .slot("race$clock")
        .body("race$on", MethodTypeDesc.of(ConstantDescs.CD_Object), Weaving::returnOn);
    core("Waiter")
        .is("hook/WaiterView")
        .getter("race$winner", "state", "Lio/heddle/Node;")
        .slot("race$offered")
        .entry("prepare()V", "preparing", SELF)
        .entry("claim", "claiming", SELF, FIRST)
        .onReturn("claim", "claimed", RESULT)
        .onReturn("sleep", "woken", SELF)
        .onReturn("await(Lio/heddle/WaitReason;)V", "woken", SELF);
    core("Cond").is("hook/HandOver");
    core("Source").is("hook/HandOver");
    core("Select").entry("choose", "chosen", FIRST);
  }

  private void channels() {
    type("io/heddle/Chan", CHANNEL)
        .is("hook/ChannelView")
        .getter("race$capacity", "capacity", "I")
        .getter("race$count", "count", "I")
        .getter("race$isClosed", "closed", "Z")
        .slot("race$clocks")
        .onReturn("<init>", "made", SELF)
        .entry("sendOrEnter", "sending", SELF)
        .entry("trySend", "sending", SELF)
        .entry("putLocked", "sending", SELF)
        .entry("enqueueLocked", "enqueuing", SELF)
        .onReturn("dropFirstLocked", "dequeued", SELF, RESULT)
        .onReturn("receiveOrEnter", "acquireClose", SELF, RESULT)
        .onReturn("isDrained", "drained", SELF, RESULT)
        .entry("close", "closing", SELF);
    core("ReceiveCase")
        .onReturn(
            "settle",
            "received",
            field("source", "Lio/heddle/Source;"),
            field("item", OBJECT),
            RESULT);
  }

  private void goroutines() {
    core("Routine")
        .is("clock/StateHolder")
        .slot("race$state")
        .onReturn("<init>", "made", SELF)
        .entry("run()V", "begins", SELF)
        .entry("end", "ending", SELF)
        .exit("end", "ended", SELF)
        .onReturn("join", "joined", SELF)
        .entry("outcome", "joined", SELF)
        .onReturn("isDone", "joinedIf", SELF, RESULT)
        .getter("race$id", "id", "J");
    core("Deferred")
        .onReturn("<init>", "release", SELF)
        .entry("start", "inherit", SELF)
        .exit("start", "inheritNoMore");
    core("SystemClock").entry("start", "release", FIRST);
    core("BubbleClock")
        .entry("start", "release", FIRST)
        .releases("park")
        .onReturn("settle", "acquire", SELF)
        .exit("run", "acquire", SELF); // whichever goroutine has ended the bubble
    core("ExploringClock")
        .is("clock/Explorer")
        .onReturn("begin", "explores", SELF)
        .body(
            "race$decide",
            MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_boolean),
            Weaving::decide)
        .body("race$giveWay", MethodTypeDesc.of(ConstantDescs.CD_void), Weaving::giveWay);
    core("Member").entry("end", "release", field("bubble", "Lio/heddle/BubbleClock;"));
  }

  private void locks() {
    for (String object : new String[] {"Mutex", "WaitGroup", "Semaphore"}) {
      core(object).is("hook/Acquirable");
    }
    core("Mutex")
        .onReturn("lock(Lio/heddle/Context;J)Z", "lockedIf", SELF, RESULT)
        .onReturn("tryLock", "lockedIf", SELF, RESULT)
        .onReturn("lockUninterruptibly", "locked", SELF)
        .entry("unlock", "unlocking", SELF);
    core("RWMutex")
        .onReturn("lock(Lio/heddle/Context;J)Z", "lockedToWrite", SELF, RESULT)
        .onReturn("tryLock", "lockedToWrite", SELF, RESULT)
        .entry("unlock", "unlocking", SELF)
        .onReturn("lockUninterruptibly", "lockedFor", SELF, FIRST);
    Argument mutex = field("mutex", "Lio/heddle/RWMutex;");
    core("RWMutex$Reading")
        .onReturn("lock(Lio/heddle/Context;J)Z", "lockedToRead", mutex, RESULT)
        .onReturn("tryLock", "lockedToRead", mutex, RESULT)
        .entry("unlock", "unlockingReader", mutex);
    core("RWMutex$LockCase")
        .onReturn(
            "settle", "lockedFor", field("this$0", "Lio/heddle/RWMutex;"), field("write", "Z"));
    core("WaitGroup")
        .entry("addTouched", "adding", SELF, FIRST)
        .onReturn("await(Lio/heddle/Context;J)Z", "acquireIf", SELF, RESULT)
        .onReturn("tryAwait", "acquireIf", SELF, RESULT);
    core("Semaphore")
        .releases("release(J)V")
        .onReturn("acquire(JLio/heddle/Context;J)Z", "acquireIf", SELF, RESULT)
        .onReturn("tryAcquire(J)Z", "acquireIf", SELF, RESULT);
  }

  private void sources() {
    core("Signal").releases("fireLocked");
    core("TimerSource").onReturn("<init>", "release", SELF).releases("rearm");
    core("ActiveTasks").releases("remove");
    core("Results").releases("ended", "close");
    core("Completion")
        .onReturn(
            "take",
            "acquireIf",
            field("future", "Ljava/util/concurrent/CompletableFuture;"),
            RESULT);
    core("CancelContext")
        .entry("endsLocked", "release", field("done", "Lio/heddle/Signal;")) // seen before it fires
        .onReturn("error", "acquireIfSome", field("done", "Lio/heddle/Signal;"), RESULT);
  }

  /** The classes of the JDK that pass work from one thread to another. */
  static Weaving ofJdk() {
    Weaving all = new Weaving();
    all.threads();
    all.executors();
    all.futures();
    all.forkJoin();
    all.publishers();
    return all;
  }

  private Type jdk(String name) {
    return type("java/" + name, JDK);
  }

  private void threads() {
    jdk("lang/Thread")
        .entry("start", "starting", SELF)
        .entry("interrupt", "interrupting", SELF)
        .exit("runWith", "ending")
        .entry("exit()V", "ending")
        .onReturn("join(J)V", "acquire", SELF)
        .onReturn("join(Ljava/time/Duration;)Z", "acquireIf", SELF, RESULT);
    jdk("lang/VirtualThread")
        .entry("start(Ljdk/internal/vm/ThreadContainer;)V", "starting", SELF)
        .entry("interrupt", "interrupting", SELF);
  }

  private void executors() {
    jdk("util/concurrent/ThreadPoolExecutor")
        .entry("execute", "release", FIRST)
        .entry("beforeExecute", "acquire", new Argument.Parameter(1));
    jdk("util/concurrent/FutureTask")
        .onReturn("<init>", "release", SELF)
        .acquires("run", "runAndReset")
        .exit("runAndReset", "release", SELF) // another thread may run it the next time
        .releases("set", "setException", "cancel")
        .onReturn("report", "acquire", SELF)
        .onReturn("isDone", "acquireIf", SELF, RESULT);
  }

  private void futures() {
    String future = "util/concurrent/CompletableFuture";
    jdk(future)
        .releases(
            "internalComplete",
            "completeNull",
            "completeValue",
            "completeThrowable",
            "completeRelay")
        .acquiring("java/" + future, "result");
    for (String task : new String[] {"AsyncSupply", "AsyncRun"}) {
      jdk(future + "$" + task).onReturn("<init>", "release", SELF).acquires("run");
    }
    jdk(future + "$UniCompletion").onReturn("<init>", "release", SELF).acquires("claim");
    for (String reader :
        Collections.words(
            """
            UniApply UniAccept UniRun UniWhenComplete UniHandle UniExceptionally
            UniComposeExceptionally UniRelay UniCompose BiApply BiAccept BiRun BiRelay
            OrApply OrAccept OrRun AnyOf Signaller
            """)) {
      jdk(future + "$" + reader).acquiring("java/" + future, "result");
    }
  }

  /**
   * The JDK's own scheduler of virtual threads is such a pool, too: the hooks distinguish what it
   * runs.
   */
  private void forkJoin() {
    Type task = jdk("util/concurrent/ForkJoinTask");
    task.entry("fork", "forks", SELF)
        .entry("doExec", "executes", SELF)
        .exit("doExec", "executed", SELF)
        .entry("setDone", "completes", SELF)
        .entry("trySetThrown", "completes", SELF)
        .onReturn("isDone", "acquireIf", SELF, RESULT);
    for (String waits : new String[] {"join", "get", "invoke", "resultNow"}) {
      task.onReturn(waits, "acquire", SELF);
    }
    Argument second = new Argument.Parameter(1);
    task.onReturn(
            "invokeAll(Ljava/util/concurrent/ForkJoinTask;Ljava/util/concurrent/ForkJoinTask;)V",
            "acquireBoth",
            FIRST,
            second)
        .onReturn("invokeAll([Ljava/util/concurrent/ForkJoinTask;)V", "acquireAll", FIRST)
        .onReturn("invokeAll(Ljava/util/Collection;)Ljava/util/Collection;", "acquireAll", FIRST);
    Type pool = jdk("util/concurrent/ForkJoinPool");
    String oneTask = "(Ljava/util/concurrent/ForkJoinTask;)";
    pool.entry("submit" + oneTask + "Ljava/util/concurrent/ForkJoinTask;", "release", FIRST)
        .entry("execute" + oneTask + "V", "release", FIRST)
        .entry("invoke" + oneTask + "Ljava/lang/Object;", "release", FIRST);
    for (String adapted :
        Collections.words(
            """
            AdaptedRunnable AdaptedRunnableAction AdaptedCallable AdaptedInterruptibleCallable
            RunnableExecuteAction
            """)) {
      jdk("util/concurrent/ForkJoinTask$" + adapted).onReturn("<init>", "adapted", SELF, FIRST);
    }
    // A thread that finds no part pending any more comes after all that the parts have done.
    String completer = "util/concurrent/CountedCompleter";
    jdk(completer)
        .releases(
            "weakCompareAndSetPendingCount",
            "compareAndSetPendingCount",
            "addToPendingCount",
            "decrementPendingCountUnlessZero")
        .acquiring("java/" + completer, "pending");
    jdk("util/Timer").entry("sched", "release", FIRST);
    // Once all have arrived, before the action; and after the action, before any thread continues.
    String barrier = "util/concurrent/CyclicBarrier";
    jdk(barrier).acquiring("java/" + barrier, "barrierCommand").releases("nextGeneration");
  }

  /** What is passed on in a buffer, or much later, to methods of the program. */
  private void publishers() {
    Type subscription =
        jdk("util/concurrent/SubmissionPublisher$BufferedSubscription")
            .releases("offer", "onSubscribe", "onComplete", "onError");
    for (String tells :
        new String[] {"consumeSubscribe", "consumeNext", "consumeComplete", "consumeError"}) {
      subscription.entry(tells, "acquire", SELF).exit(tells, "release", SELF);
    }
    type("jdk/internal/ref/CleanerImpl$PhantomCleanableRef", JDK)
        .onReturn("<init>", "release", SELF)
        .entry("performCleanup", "cleans", SELF)
        .exit("performCleanup", "cleaned");
  }

  private static void returnOn(CodeBuilder code) {
    code.aload(0);
    code.invokevirtual(
        ClassDesc.of("io.heddle.Node"),
        "on",
        MethodTypeDesc.of(ClassDesc.of("io.heddle.Waitable")));
    code.areturn();
  }

  /** A step that does not count is taken back before it is taken. */
  private static void decide(CodeBuilder code) {
    ClassDesc clock = ClassDesc.of("io.heddle.ExploringClock");
    code.aload(0);
    code.dup();
    code.getfield(clock, "steps", ConstantDescs.CD_int);
    code.iconst_1();
    code.isub();
    code.iload(1);
    code.iadd();
    code.putfield(clock, "steps", ConstantDescs.CD_int);
    code.aload(0);
    code.invokevirtual(clock, "decide", MethodTypeDesc.of(ConstantDescs.CD_void));
    code.return_();
  }

  private static void giveWay(CodeBuilder code) {
    code.aload(0);
    code.invokevirtual(
        ClassDesc.of("io.heddle.ExploringClock"),
        "giveWay",
        MethodTypeDesc.of(ConstantDescs.CD_void));
    code.return_();
  }
}
