package io.heddle.race.agent;

import static io.heddle.race.agent.Generated.STACK;

import io.heddle.race.hook.CallHooks;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What calls of the JDK's types mean: which happen before which, and which read or write an object.
 * The JDK itself is not instrumented, so that no internal lock of its hides a race and no internal
 * trick raises an alarm: its documentation, in the form of this table, takes its place.
 */
final class Contracts {
  private static final ClassDesc HOOKS = ClassDesc.of("io.heddle.race.hook.CallHooks");
  private static final Map<String, MethodTypeDesc> HOOK_TYPES = Generated.hooks(CallHooks.class);

  private static final String LOCKS = "java/util/concurrent/locks/";
  private static final String ATOMICS = "java/util/concurrent/atomic/";
  private static final String VAR_HANDLE = "java/lang/invoke/VarHandle";

  /** Synchronisers, by the methods that release, and those that acquire. */
  private static final Map<String, Effect> SYNCHRONISERS =
      Map.ofEntries(
          Map.entry("java/util/concurrent/Semaphore.release", Effect.RELEASE),
          Map.entry("java/util/concurrent/Semaphore.acquire", Effect.ACQUIRE),
          Map.entry("java/util/concurrent/Semaphore.acquireUninterruptibly", Effect.ACQUIRE),
          Map.entry("java/util/concurrent/Semaphore.tryAcquire", Effect.ACQUIRE_IF),
          Map.entry("java/util/concurrent/CountDownLatch.countDown", Effect.RELEASE),
          Map.entry("java/util/concurrent/CountDownLatch.await", Effect.ACQUIRE),
          Map.entry("java/util/concurrent/CountDownLatch.getCount", Effect.ACQUIRE),
          Map.entry("java/util/concurrent/CyclicBarrier.await", Effect.BOTH),
          Map.entry("java/util/concurrent/Exchanger.exchange", Effect.BOTH),
          Map.entry("java/util/concurrent/Phaser.arrive", Effect.RELEASE),
          Map.entry("java/util/concurrent/Phaser.arriveAndDeregister", Effect.RELEASE),
          Map.entry("java/util/concurrent/Phaser.arriveAndAwaitAdvance", Effect.BOTH),
          Map.entry("java/util/concurrent/Phaser.awaitAdvance", Effect.ACQUIRE));

  private static final Set<String> LOCK_METHODS =
      Set.of("lock", "lockInterruptibly", "writeLock", "writeLockInterruptibly");

  /** Of atomics and variable handles. All that are not listed both acquire and release. */
  private static final Map<String, Effect> ATOMIC_METHODS =
      Map.ofEntries(
          Map.entry("get", Effect.ACQUIRE),
          Map.entry("getAcquire", Effect.ACQUIRE),
          Map.entry("getVolatile", Effect.ACQUIRE),
          Map.entry("intValue", Effect.ACQUIRE),
          Map.entry("longValue", Effect.ACQUIRE),
          Map.entry("sum", Effect.ACQUIRE),
          Map.entry("set", Effect.RELEASE),
          Map.entry("setRelease", Effect.RELEASE),
          Map.entry("setVolatile", Effect.RELEASE),
          Map.entry("lazySet", Effect.RELEASE),
          Map.entry("add", Effect.RELEASE),
          Map.entry("increment", Effect.RELEASE),
          Map.entry("decrement", Effect.RELEASE),
          Map.entry("getPlain", Effect.NONE),
          Map.entry("setPlain", Effect.NONE),
          Map.entry("getOpaque", Effect.NONE),
          Map.entry("setOpaque", Effect.NONE),
          Map.entry("length", Effect.NONE),
          Map.entry("toString", Effect.ACQUIRE),
          Map.entry("weakCompareAndSetPlain", Effect.NONE));

  /** Of variable handles: those of the same name are plain there. */
  private static final Set<String> PLAIN =
      Set.of(
          "get",
          "set",
          "withInvokeExactBehavior",
          "withInvokeBehavior",
          "varType",
          "coordinateTypes",
          "accessModeType",
          "isAccessModeSupported",
          "toMethodHandle",
          "describeConstable",
          "hasInvokeExactBehavior",
          "toString",
          "hashCode",
          "equals",
          "getClass");

  private Contracts() {}

  /** What a call does to what it is called on. */
  enum Effect {
    NONE,
    RELEASE,
    ACQUIRE,
    ACQUIRE_IF,
    BOTH
  }

  /** Hooks around a call: their names, and whether the second gets the result. */
  record Call(
      @Nullable String before, @Nullable String after, boolean passesResult, boolean passesKey) {

    /** Whether it is an access to a collection. */
    boolean accesses() {
      return "leaveCollection".equals(after);
    }

    private static Call of(Effect effect) {
      return switch (effect) {
        case NONE -> throw new IllegalArgumentException("no hooks");
        case RELEASE -> new Call("release", null, false, false);
        case ACQUIRE -> new Call(null, "acquire", false, false);
        case ACQUIRE_IF -> new Call(null, "acquireIf", true, false);
        case BOTH -> new Call("release", "acquire", false, false);
      };
    }

    private static Call ofVariable(Effect effect) {
      return new Call(
          effect == Effect.ACQUIRE ? null : "releaseVariable",
          effect == Effect.RELEASE ? null : "acquireVariable",
          false,
          true);
    }

    /** Replaces the call by the call with its hooks. */
    void emit(CodeBuilder code, InvokeInstruction call, int thread, int stack, int site) {
      MethodTypeDesc type = call.typeSymbol();
      List<Integer> arguments = new ArrayList<>();
      for (int i = 0; i < type.parameterCount(); i++) {
        arguments.add(code.allocateLocal(TypeKind.from(type.parameterType(i))));
      }
      int receiver = code.allocateLocal(TypeKind.REFERENCE);
      for (int i = type.parameterCount() - 1; i >= 0; i--) {
        code.storeLocal(TypeKind.from(type.parameterType(i)), arguments.get(i));
      }
      code.astore(receiver);
      if (before != null) {
        subject(code, type, receiver, arguments);
        hook(code, before, thread, stack, site);
      }
      code.aload(receiver);
      for (int i = 0; i < type.parameterCount(); i++) {
        code.loadLocal(TypeKind.from(type.parameterType(i)), arguments.get(i));
      }
      code.with(call);
      if (after != null) {
        TypeKind kind = TypeKind.from(type.returnType());
        int result = kind == TypeKind.VOID ? -1 : code.allocateLocal(kind);
        if (result >= 0) {
          code.storeLocal(kind, result);
        }
        subject(code, type, receiver, arguments);
        if (passesResult && result >= 0) {
          code.loadLocal(kind, result);
        }
        hook(code, after, thread, stack, site);
        if (result >= 0) {
          code.loadLocal(kind, result);
        }
      }
    }

    /** What the hook is about: the receiver, or for a variable handle it and the first argument. */
    private void subject(
        CodeBuilder code, MethodTypeDesc type, int receiver, List<Integer> arguments) {
      code.aload(receiver);
      if (passesKey) {
        if (type.parameterCount() > 0 && !type.parameterType(0).isPrimitive()) {
          code.aload(arguments.getFirst());
        } else {
          code.aconst_null();
        }
      }
    }

    private static void hook(CodeBuilder code, String name, int thread, int stack, int site) {
      MethodTypeDesc type = HOOK_TYPES.get(name);
      if (type == null) {
        throw new IllegalStateException("no hook " + name);
      }
      code.aload(thread);
      if (type.parameterList().contains(STACK)) {
        code.aload(stack);
        code.loadConstant(site);
      }
      code.invokestatic(HOOKS, name, type);
    }
  }

  /**
   * What a call means.
   *
   * @param owner the class that the call names, or the JDK's class that it inherits from
   * @return null if nothing
   */
  static @Nullable Call find(String owner, InvokeInstruction call) {
    if (call.opcode() == Opcode.INVOKESTATIC || call.name().equalsString("<init>")) {
      return null;
    }
    String name = call.name().stringValue();
    MethodTypeDesc type = call.typeSymbol();
    if (name.equals("wait") && type.returnType().equals(java.lang.constant.ConstantDescs.CD_void)) {
      return new Call("releaseMonitor", "acquireMonitor", false, false);
    }
    if (owner.equals(VAR_HANDLE)) {
      Effect effect = PLAIN.contains(name) ? Effect.NONE : atomic(name);
      return effect == Effect.NONE ? null : Call.ofVariable(effect);
    }
    if (owner.startsWith(ATOMICS)) {
      Effect effect = atomic(name);
      boolean isUpdater = owner.endsWith("FieldUpdater");
      return effect == Effect.NONE ? null : isUpdater ? Call.ofVariable(effect) : Call.of(effect);
    }
    if (owner.startsWith(LOCKS)) {
      return lock(owner, name, type);
    }
    Effect synchroniser = SYNCHRONISERS.get(owner + "." + name);
    if (synchroniser != null) {
      boolean isTimed = type.returnType().equals(java.lang.constant.ConstantDescs.CD_boolean);
      return Call.of(isTimed && synchroniser == Effect.ACQUIRE ? Effect.ACQUIRE_IF : synchroniser);
    }
    if (isCollection(owner)) {
      return new Call(
          Collections.reads(name) ? "readCollection" : "writeCollection",
          "leaveCollection",
          false,
          false);
    }
    return null;
  }

  private static Effect atomic(String name) {
    return ATOMIC_METHODS.getOrDefault(name, Effect.BOTH);
  }

  private static @Nullable Call lock(String owner, String name, MethodTypeDesc type) {
    if (owner.endsWith("LockSupport")) {
      return null;
    }
    return switch (name) {
      case "lock", "lockInterruptibly" -> new Call(null, "locked", false, false);
      case "unlock" -> new Call("unlocking", null, false, false);
      case "tryLock" ->
          type.returnType().equals(java.lang.constant.ConstantDescs.CD_boolean)
              ? new Call(null, "lockedIf", true, false)
              : new Call(null, "acquire", false, false);
      case "await", "awaitNanos", "awaitUntil", "awaitUninterruptibly" ->
          new Call("unlocking", "locked", false, false);
      case "newCondition" -> new Call(null, "condition", true, false);
      case "readLock" ->
          owner.endsWith("StampedLock")
              ? new Call(null, "acquire", false, false)
              : new Call(null, "readLock", true, false);
      case "writeLock" ->
          owner.endsWith("StampedLock")
              ? new Call(null, "acquire", false, false)
              : new Call(null, "writeLock", true, false);
      case "unlockRead", "unlockWrite" -> new Call("release", null, false, false);
      default -> LOCK_METHODS.contains(name) ? new Call(null, "acquire", false, false) : null;
    };
  }

  private static boolean isCollection(String owner) {
    return Collections.isCollection(owner);
  }
}
