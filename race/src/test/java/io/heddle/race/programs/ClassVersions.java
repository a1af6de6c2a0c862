package io.heddle.race.programs;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.DiscontinuedInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.HashMap;
import java.util.Map;

/**
 * Runs a class and an interface of every version of class files. Their threads do the same under
 * locks first, and then write a field without one.
 */
public final class ClassVersions extends ClassLoader {
  private static final int FIRST = ClassFile.JAVA_1_VERSION;
  private static final int LAST = ClassFile.JAVA_25_VERSION;

  private static final MethodTypeDesc RUN = MethodTypeDesc.of(ConstantDescs.CD_void);
  private static final MethodTypeDesc GET = MethodTypeDesc.of(CD_int);
  private static final ClassDesc INTS = CD_int.arrayType();

  private final Map<String, byte[]> files = new HashMap<>();

  private ClassVersions() {
    super(ClassVersions.class.getClassLoader());
    for (int version = FIRST; version <= LAST; version++) {
      int major = version;
      ClassDesc constants = ClassDesc.of("versions.Constants" + version);
      ClassDesc program = ClassDesc.of("versions.Program" + version);
      add(constants, type -> constants(type.withVersion(major, 0), constants, major));
      add(program, type -> program(type.withVersion(major, 0), program, constants, major));
    }
  }

  private void add(ClassDesc type, java.util.function.Consumer<ClassBuilder> content) {
    String name = type.packageName() + "." + type.displayName();
    files.put(name, ClassFile.of().build(type, content));
  }

  /** An interface whose constants an initialiser makes: a lock, and an array. */
  private static void constants(ClassBuilder type, ClassDesc self, int version) {
    type.withFlags(ClassFile.ACC_PUBLIC | ClassFile.ACC_INTERFACE | ClassFile.ACC_ABSTRACT);
    int constant = ClassFile.ACC_PUBLIC | ClassFile.ACC_STATIC | ClassFile.ACC_FINAL;
    type.withField("LOCK", CD_Object, constant);
    type.withField("STEPS", INTS, constant);
    type.withMethodBody(
        "<clinit>",
        RUN,
        ClassFile.ACC_STATIC,
        code -> {
          code.new_(CD_Object).dup().invokespecial(CD_Object, "<init>", RUN);
          code.putstatic(self, "LOCK", CD_Object);
          code.iconst_1().newarray(TypeKind.INT).dup().iconst_0().iconst_1().iastore();
          code.putstatic(self, "STEPS", INTS).return_();
        });
    if (version >= ClassFile.JAVA_8_VERSION) {
      int isStatic = ClassFile.ACC_PUBLIC | ClassFile.ACC_STATIC;
      type.withMethodBody("first", GET, isStatic, code -> step(code, self).ireturn());
      type.withMethodBody(
          "step",
          GET,
          ClassFile.ACC_PUBLIC,
          code -> code.invokestatic(self, "first", GET, true).ireturn());
    }
  }

  private static CodeBuilder step(CodeBuilder code, ClassDesc constants) {
    return code.getstatic(constants, "STEPS", INTS).iconst_0().iaload();
  }

  private static void program(ClassBuilder type, ClassDesc self, ClassDesc constants, int version) {
    type.withFlags(ClassFile.ACC_PUBLIC | ClassFile.ACC_SUPER);
    type.withInterfaceSymbols(constants, ClassDesc.of("java.lang.Runnable"));
    type.withField("total", CD_int, ClassFile.ACC_STATIC);
    type.withField("flag", CD_int, ClassFile.ACC_STATIC | ClassFile.ACC_VOLATILE);
    type.withField("count", CD_int, 0);
    type.withField("sum", CD_long, 0);
    type.withField("racy", CD_int, ClassFile.ACC_PUBLIC);
    type.withMethodBody(
        "<clinit>",
        RUN,
        ClassFile.ACC_STATIC,
        code -> code.iconst_0().putstatic(self, "total", CD_int).return_());
    type.withMethodBody(
        "<init>",
        RUN,
        ClassFile.ACC_PUBLIC,
        code -> code.aload(0).invokespecial(CD_Object, "<init>", RUN).return_());
    int isSynchronized = ClassFile.ACC_SYNCHRONIZED;
    type.withMethodBody(
        "all",
        RUN,
        isSynchronized | ClassFile.ACC_STATIC,
        code -> {
          code.getstatic(self, "total", CD_int);
          // Also the constants of interfaces that are older, or newer.
          step(code, constants).iadd();
          step(code, ClassDesc.of("versions.Constants" + FIRST)).iadd();
          step(code, ClassDesc.of("versions.Constants" + LAST)).iadd();
          if (version >= ClassFile.JAVA_8_VERSION) {
            code.invokestatic(constants, "first", GET, true).iadd().iconst_1().isub();
          }
          code.putstatic(self, "total", CD_int);
          code.getstatic(self, "flag", CD_int).putstatic(self, "flag", CD_int).return_();
        });
    type.withMethodBody(
        "one",
        RUN,
        isSynchronized,
        code -> {
          code.aload(0).dup().getfield(self, "count", CD_int);
          step(code, constants).iadd().putfield(self, "count", CD_int).return_();
        });
    type.withMethodBody(
        "run",
        RUN,
        ClassFile.ACC_PUBLIC,
        code -> {
          code.invokestatic(self, "all", RUN);
          code.aload(0).invokevirtual(self, "one", RUN);
          code.getstatic(constants, "LOCK", CD_Object).monitorenter();
          code.aload(0).dup().getfield(self, "sum", CD_long).lconst_1().ladd();
          code.putfield(self, "sum", CD_long);
          code.getstatic(constants, "LOCK", CD_Object).monitorexit();
          if (version <= ClassFile.JAVA_6_VERSION) {
            Label routine = code.newLabel();
            Label end = code.newLabel();
            code.with(DiscontinuedInstruction.JsrInstruction.of(routine)).goto_(end);
            code.labelBinding(routine).astore(1).invokestatic(self, "all", RUN);
            code.with(DiscontinuedInstruction.RetInstruction.of(1)).labelBinding(end);
          } else {
            code.invokestatic(self, "all", RUN);
          }
          code.return_();
        });
    type.withMethodBody(
        "result",
        GET,
        ClassFile.ACC_PUBLIC,
        code -> {
          code.getstatic(self, "total", CD_int);
          code.aload(0).getfield(self, "count", CD_int).iadd();
          code.aload(0).getfield(self, "sum", CD_long).l2i().iadd().ireturn();
        });
    type.withMethodBody(
        "race",
        RUN,
        ClassFile.ACC_PUBLIC,
        code -> code.aload(0).iconst_1().putfield(self, "racy", CD_int).return_());
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    byte[] file = files.get(name);
    if (file == null) {
      throw new ClassNotFoundException(name);
    }
    return defineClass(name, file, 0, file.length);
  }

  @Override
  public InputStream getResourceAsStream(String name) {
    byte[] file = files.get(name.replace(".class", "").replace('/', '.'));
    return file == null ? super.getResourceAsStream(name) : new ByteArrayInputStream(file);
  }

  private interface Action {
    void run() throws ReflectiveOperationException;
  }

  private static void twice(Action action) throws InterruptedException {
    Thread[] threads = new Thread[2];
    for (int i = 0; i < threads.length; i++) {
      threads[i] =
          new Thread(() -> {
            try {
              action.run();
            } catch (ReflectiveOperationException e) {
              throw new IllegalStateException(e);
            }
          });
      threads[i].start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
  }

  /** Races if there is an argument. */
  public static void main(String[] args) throws Exception {
    ClassVersions loader = new ClassVersions();
    for (int version = FIRST; version <= LAST; version++) {
      Class<?> type = loader.loadClass("versions.Program" + version);
      Object program = type.getConstructor().newInstance();
      twice(((Runnable) program)::run);
      int result = (int) type.getMethod("result").invoke(program);
      if (version >= ClassFile.JAVA_8_VERSION) {
        result += (int) type.getMethod("step").invoke(program);
      } else {
        result++;
      }
      System.out.println(version + ": " + result);
      if (args.length > 0) {
        twice(() -> type.getMethod("race").invoke(program));
      }
    }
  }
}
