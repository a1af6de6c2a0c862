package io.heddle.race.agent;

import static io.heddle.race.agent.Generated.STACK;
import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_void;

import io.heddle.race.hook.CallHooks;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What calls of the JDK's types mean: which happen before which, and which read or write an object.
 * The JDK itself is not instrumented, so that no internal lock of its hides a race and no internal
 * trick raises an alarm: its documentation, in the form of this table, takes its place.
 */
final class Contracts {
  private static final HookClass HOOKS = new HookClass(CallHooks.class);

  private static final String CONCURRENT = "java/util/concurrent/";
  private static final String LOCKS = CONCURRENT + "locks/";
  private static final String ATOMICS = CONCURRENT + "atomic/";

  private Contracts() {}

  /** What a call does to what it is called on. */
  enum Effect {
    NONE,
    RELEASE,
    ACQUIRE,
    ACQUIRE_IF,
    BOTH
  }

  /** What is added to a call. */
  interface Contract {
    /** Emits the call with its hooks. */
    void emit(CodeBuilder code, InvokeInstruction call, Frame frame);
  }

  /**
   * Where the call is.
   *
   * @param thread the variable with the state of the thread
   * @param stack that with the stack, -1 if the method has none
   * @param site the place
   * @param checks whether accesses are checked there
   */
  record Frame(int thread, int stack, int site, boolean checks) {
    void loadThread(CodeBuilder code) {
      code.aload(thread);
    }

    /** The thread, the stack and the place. */
    void load(CodeBuilder code) {
      code.aload(thread);
      if (stack < 0) {
        code.aconst_null();
      } else {
        code.aload(stack);
      }
      code.loadConstant(site);
    }
  }

  /** Hooks around a call: their names, and whether the second gets the result. */
  record Call(@Nullable String before, @Nullable String after, boolean passesResult)
      implements Contract {

    /** Whether it is an access to a collection. */
    boolean accesses() {
      return before != null && before.endsWith("Collection");
    }

    /** Whether the second hook returns what stands for the result. */
    private boolean replaces() {
      return "handsOut".equals(after);
    }

    private static Call of(Effect effect) {
      return switch (effect) {
        case NONE -> throw new IllegalArgumentException("no hooks");
        case RELEASE -> new Call("release", null, false);
        case ACQUIRE -> new Call(null, "acquire", false);
        case ACQUIRE_IF -> new Call(null, "acquireIf", true);
        // Whoever comes last runs the action of a barrier, which is after what all others did.
        case BOTH -> new Call("meet", "acquire", false);
      };
    }

    @Override
    public void emit(CodeBuilder code, InvokeInstruction call, Frame frame) {
      if (accesses() && !frame.checks) {
        code.with(call);
        return;
      }
      Arguments arguments = Arguments.store(code, call);
      if (before != null) {
        code.aload(arguments.receiver());
        hook(code, before, frame);
      }
      arguments.load(code);
      code.with(call);
      if (after != null) {
        TypeKind kind = TypeKind.from(call.typeSymbol().returnType());
        int result = kind == TypeKind.VOID ? -1 : code.allocateLocal(kind);
        if (result >= 0) {
          code.storeLocal(kind, result);
        }
        code.aload(arguments.receiver());
        if (passesResult && result >= 0) {
          code.loadLocal(kind, result);
        }
        hook(code, after, frame);
        if (replaces()) {
          code.checkcast(call.typeSymbol().returnType());
        } else if (result >= 0) {
          code.loadLocal(kind, result);
        }
      }
    }

    private static void hook(CodeBuilder code, String full, Frame frame) {
      // In a class of Heddle's own, it is no time for another's turn.
      String name = frame.checks ? full : full.replace("Atomic", "");
      if (HOOKS.type(name).parameterList().contains(STACK)) {
        frame.load(code);
      } else {
        frame.loadThread(code);
      }
      HOOKS.call(code, name);
    }
  }

  /**
   * A call of the JDK that is given collections, which it uses.
   *
   * @param itself what the call means otherwise, null if nothing
   * @param given which parameters may be collections
   * @param makesView whether the result shows the first one
   */
  private record Passing(@Nullable Contract itself, List<Integer> given, boolean makesView)
      implements Contract {
    @Override
    public void emit(CodeBuilder code, InvokeInstruction call, Frame frame) {
      if (!frame.checks) {
        emitItself(code, call, frame);
        return;
      }
      Arguments arguments = Arguments.storeParameters(code, call.typeSymbol());
      hooks(code, arguments, given, "given", frame);
      arguments.load(code);
      emitItself(code, call, frame);
      hooks(code, arguments, given, "used", frame);
      if (makesView) {
        int view = code.allocateLocal(TypeKind.REFERENCE);
        code.dup();
        code.astore(view);
        arguments.load(code, given.getFirst());
        code.aload(view);
        HOOKS.call(code, "shares");
      }
    }

    private void emitItself(CodeBuilder code, InvokeInstruction call, Frame frame) {
      if (itself == null) {
        code.with(call);
      } else {
        itself.emit(code, call, frame);
      }
    }
  }

  private static void hooks(
      CodeBuilder code, Arguments arguments, List<Integer> given, String name, Frame frame) {
    for (int parameter : given) {
      arguments.load(code, parameter);
      frame.loadThread(code);
      HOOKS.call(code, name);
    }
  }

  /** Emits a call that makes a string of its arguments, some of which may be collections. */
  static void concatenate(CodeBuilder code, InvokeDynamicInstruction call, Frame frame) {
    List<ClassDesc> types = call.typeSymbol().parameterList();
    List<Integer> given = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      String type = internalName(types.get(i));
      if (type.equals("java/lang/Object") || Collections.isCollection(type)) {
        given.add(i);
      }
    }
    if (given.isEmpty()) {
      code.with(call);
      return;
    }
    Arguments arguments = Arguments.storeParameters(code, call.typeSymbol());
    hooks(code, arguments, given, "given", frame);
    arguments.load(code);
    code.with(call);
    hooks(code, arguments, given, "used", frame);
  }

  /** A thread waits for others in a loop. */
  private record Spin() implements Contract {
    @Override
    public void emit(CodeBuilder code, InvokeInstruction call, Frame frame) {
      code.with(call);
      if (frame.checks) {
        frame.loadThread(code);
        HOOKS.call(code, "spins");
      }
    }
  }

  /** A thread asks whether it is interrupted. */
  private record Interrupted() implements Contract {
    @Override
    public void emit(CodeBuilder code, InvokeInstruction call, Frame frame) {
      code.with(call);
      code.dup();
      frame.loadThread(code);
      HOOKS.call(code, "sawOwnInterrupt");
    }
  }

  /** A copy of an object has a reference to the state of the original's fields, too. */
  private record Clone() implements Contract {
    @Override
    public void emit(CodeBuilder code, InvokeInstruction call, Frame frame) {
      code.with(call);
      code.dup();
      HOOKS.call(code, "cloned");
    }
  }

  /**
   * What a call means.
   *
   * @param owner the class that the call names, or the JDK's class that it inherits from
   * @return null if nothing
   */
  static @Nullable Contract find(String owner, InvokeInstruction call) {
    Contract itself = findItself(owner, call);
    List<Integer> given = given(owner, call);
    boolean makesView =
        owner.equals("java/util/Collections")
            && Collections.makesView(call.name().stringValue())
            && !given.isEmpty();
    return given.isEmpty() ? itself : new Passing(itself, given, makesView);
  }

  /** The parameters of a method of the JDK that may be collections. */
  private static List<Integer> given(String owner, InvokeInstruction call) {
    List<Integer> given = new ArrayList<>();
    if (owner.startsWith("java/")) {
      List<ClassDesc> types = call.typeSymbol().parameterList();
      for (int i = 0; i < types.size(); i++) {
        String type = internalName(types.get(i));
        if (Collections.isCollection(type)
            || (type.equals("java/lang/Object") && shows(owner, call.name().stringValue()))) {
          given.add(i);
        }
      }
    }
    return given;
  }

  /** Whether a method makes a string of an object. */
  private static boolean shows(String owner, String name) {
    return switch (owner) {
      case "java/lang/String" -> name.equals("valueOf");
      case "java/lang/StringBuilder", "java/lang/StringBuffer" -> name.equals("append");
      case "java/util/Objects" -> name.equals("toString");
      case "java/io/PrintStream", "java/io/PrintWriter" -> name.startsWith("print");
      default -> false;
    };
  }

  private static String internalName(ClassDesc type) {
    String descriptor = type.descriptorString();
    return descriptor.startsWith("L") ? descriptor.substring(1, descriptor.length() - 1) : "";
  }

  /** Whether a method is given a function to call. */
  static boolean takesFunction(InvokeInstruction call) {
    return call.typeSymbol().parameterList().stream()
        .anyMatch(type -> internalName(type).startsWith("java/util/function/"));
  }

  private static @Nullable Contract findItself(String owner, InvokeInstruction call) {
    Contract variable = VariableCalls.find(owner, call);
    if (variable != null) {
      return variable;
    }
    Contract bulk = BulkCalls.find(owner, call);
    if (bulk != null) {
      return bulk;
    }
    boolean isThread = owner.equals("java/lang/Thread");
    if (isThread && (call.name().equalsString("yield") || call.name().equalsString("onSpinWait"))) {
      return new Spin();
    }
    if (isThread && call.name().equalsString("interrupted")) {
      return new Interrupted();
    }
    if (call.opcode() == Opcode.INVOKESTATIC || call.name().equalsString("<init>")) {
      return null;
    }
    String name = call.name().stringValue();
    MethodTypeDesc type = call.typeSymbol();
    if (name.equals("wait") && type.returnType().equals(CD_void)) {
      return new Call("waits", "waited", false);
    }
    if (isThread && name.equals("isAlive")) {
      return new Call(null, "sawAlive", true);
    }
    if (isThread && name.equals("isInterrupted")) {
      return new Call(null, "sawInterrupt", true);
    }
    if (owner.equals("java/lang/Object") && name.equals("clone")) {
      return new Clone();
    }
    if (owner.equals("java/lang/ClassValue") && name.equals("get")) {
      return new Call("update", "updated", false);
    }
    if (owner.startsWith(ATOMICS)) {
      if (takesFunction(call) || (owner.endsWith("Accumulator") && name.equals("accumulate"))) {
        return new Call("updateAtomic", "updatedAtomic", false);
      }
      if (name.equals("toString")) {
        return new Call("show", "updatedAtomic", false);
      }
      Effect effect = atomic(name);
      return effect == Effect.NONE
          ? null
          : new Call(
              effect == Effect.ACQUIRE ? null : "releaseAtomic",
              effect == Effect.RELEASE ? null : "acquireAtomic",
              false);
    }
    if (owner.equals(LOCKS + "StampedLock")) {
      return stampedLock(name);
    }
    if (owner.startsWith(LOCKS)) {
      return lock(owner, name);
    }
    Effect synchroniser =
        owner.startsWith(CONCURRENT)
            ? synchroniser(owner.substring(CONCURRENT.length()) + "." + name)
            : null;
    if (synchroniser != null) {
      boolean isTimed = type.returnType().equals(CD_boolean);
      return Call.of(isTimed && synchroniser == Effect.ACQUIRE ? Effect.ACQUIRE_IF : synchroniser);
    }
    return Collections.isCollection(owner) ? Collections.contract(name) : null;
  }

  private static @Nullable Effect synchroniser(String method) {
    return switch (method) {
      case "Semaphore.release",
          "CountDownLatch.countDown",
          "Phaser.arrive",
          "Phaser.arriveAndDeregister" ->
          Effect.RELEASE;
      case "Semaphore.acquire",
          "Semaphore.acquireUninterruptibly",
          "CountDownLatch.await",
          "CountDownLatch.getCount",
          "Phaser.awaitAdvance",
          "Phaser.awaitAdvanceInterruptibly",
          "Phaser.getPhase" ->
          Effect.ACQUIRE;
      case "Semaphore.tryAcquire" -> Effect.ACQUIRE_IF;
      case "CyclicBarrier.await", "Exchanger.exchange", "Phaser.arriveAndAwaitAdvance" ->
          Effect.BOTH;
      default -> null;
    };
  }

  private static Effect atomic(String method) {
    return switch (method) {
      case "get", "getAcquire", "intValue", "longValue", "sum" -> Effect.ACQUIRE;
      case "set", "setRelease", "lazySet", "add", "increment", "decrement" -> Effect.RELEASE;
      case "getPlain", "setPlain", "getOpaque", "setOpaque", "length", "weakCompareAndSetPlain" ->
          Effect.NONE;
      default -> Effect.BOTH;
    };
  }

  private static @Nullable Call lock(String owner, String name) {
    if (owner.endsWith("LockSupport")) {
      return null;
    }
    return switch (name) {
      case "lock", "lockInterruptibly" -> new Call(null, "locked", false);
      case "unlock" -> new Call("unlocking", null, false);
      case "tryLock" -> new Call(null, "lockedIf", true);
      case "await", "awaitNanos", "awaitUntil", "awaitUninterruptibly" ->
          new Call("waits", "waited", false);
      case "newCondition" -> new Call(null, "condition", true);
      case "readLock" -> new Call(null, "readLock", true);
      case "writeLock" -> new Call(null, "writeLock", true);
      default -> null;
    };
  }

  /** A stamp of 0 means that it is not locked. Readers have a clock of their own. */
  private static @Nullable Call stampedLock(String name) {
    return switch (name) {
      case "writeLock", "writeLockInterruptibly", "tryWriteLock" ->
          new Call(null, "stampedToWrite", true);
      case "readLock", "readLockInterruptibly", "tryReadLock" ->
          new Call(null, "stampedToRead", true);
      case "tryConvertToWriteLock" -> new Call("unstamping", "stampedToWrite", true);
      case "tryConvertToReadLock" -> new Call("unstamping", "stampedToRead", true);
      case "unlockWrite", "tryUnlockWrite" -> new Call("unstampingWrite", null, false);
      case "unlockRead", "tryUnlockRead" -> new Call("unstampingRead", null, false);
      case "unlock" -> new Call("unstamping", null, false);
      case "tryOptimisticRead" -> new Call(null, "optimistic", true);
      case "validate" -> new Call(null, "validated", true);
      case "asReadLock" -> new Call(null, "readLock", true);
      case "asWriteLock" -> new Call(null, "writeLock", true);
      default -> null;
    };
  }
}
