package io.heddle.race.agent;

import java.lang.classfile.Attributes;
import java.lang.classfile.BootstrapMethodEntry;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassElement;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.constantpool.LoadableConstantEntry;
import java.lang.classfile.constantpool.MethodHandleEntry;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.LineNumber;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDesc;
import java.lang.constant.DirectMethodHandleDesc;
import java.lang.constant.DynamicCallSiteDesc;
import java.lang.constant.MethodHandleDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes lambdas of references to methods of the JDK, such as {@code latch::countDown}: a reference
 * leaves no call in the class, around which hooks could be put.
 */
final class References implements ClassTransform {
  private static final String FACTORY = "Ljava/lang/invoke/LambdaMetafactory;";

  private final ClassDesc self;
  private final boolean isInterface;
  private final List<Lambda> lambdas = new ArrayList<>();

  /** A method that calls what a reference means. */
  private record Lambda(
      String name, MethodTypeDesc type, DirectMethodHandleDesc called, int line) {}

  private References(ClassModel model) {
    this.self = model.thisClass().asSymbol();
    this.isInterface = model.flags().has(AccessFlag.INTERFACE);
  }

  /** A class without such references. */
  static ClassModel expand(ClassFile file, ClassModel model) {
    boolean hasAny =
        model
            .findAttribute(Attributes.bootstrapMethods())
            .map(methods -> methods.bootstrapMethods().stream().anyMatch(References::refers))
            .orElse(false);
    return hasAny ? file.parse(file.transformClass(model, new References(model))) : model;
  }

  private static boolean refers(BootstrapMethodEntry method) {
    for (LoadableConstantEntry argument : method.arguments()) {
      if (argument instanceof MethodHandleEntry handle
          && handle.reference().owner().asInternalName().startsWith("java/")) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void accept(ClassBuilder builder, ClassElement element) {
    if (element instanceof MethodModel method && method.code().isPresent()) {
      builder.transformMethod(method, MethodTransform.transformingCode(new Code()));
    } else {
      builder.with(element);
    }
  }

  @Override
  public void atEnd(ClassBuilder builder) {
    for (Lambda lambda : lambdas) {
      builder.withMethodBody(
          lambda.name,
          lambda.type,
          ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC | ClassFile.ACC_SYNTHETIC,
          code -> call(code, lambda));
    }
  }

  private static void call(CodeBuilder code, Lambda lambda) {
    DirectMethodHandleDesc called = lambda.called;
    MethodTypeDesc type = MethodTypeDesc.ofDescriptor(called.lookupDescriptor());
    code.lineNumber(lambda.line);
    if (called.kind() == DirectMethodHandleDesc.Kind.CONSTRUCTOR) {
      code.new_(called.owner());
      code.dup();
    }
    for (int i = 0; i < lambda.type.parameterCount(); i++) {
      code.loadLocal(TypeKind.from(lambda.type.parameterType(i)), code.parameterSlot(i));
    }
    Opcode opcode =
        switch (called.kind()) {
          case CONSTRUCTOR -> Opcode.INVOKESPECIAL;
          case VIRTUAL -> Opcode.INVOKEVIRTUAL;
          case INTERFACE_VIRTUAL -> Opcode.INVOKEINTERFACE;
          default -> Opcode.INVOKESTATIC;
        };
    String name = opcode == Opcode.INVOKESPECIAL ? "<init>" : called.methodName();
    code.invoke(opcode, called.owner(), name, type, called.isOwnerInterface());
    code.return_(TypeKind.from(lambda.type.returnType()));
  }

  /** Has the references in a method refer to methods that call what they have referred to. */
  private final class Code implements CodeTransform {
    private int line;

    @Override
    public void accept(CodeBuilder code, CodeElement element) {
      switch (element) {
        case LineNumber number -> {
          line = number.line();
          code.with(number);
        }
        case InvokeDynamicInstruction made
            when isFactory(made.bootstrapMethod())
                && made.bootstrapArgs().get(1) instanceof DirectMethodHandleDesc called
                && isExpanded(called) ->
            code.invokedynamic(expanded(made, called));
        default -> code.with(element);
      }
    }

    private DynamicCallSiteDesc expanded(
        InvokeDynamicInstruction made, DirectMethodHandleDesc called) {
      MethodTypeDesc type = called.invocationType();
      // What is captured has the type that it has where it is captured.
      for (int i = 0; i < made.typeSymbol().parameterCount(); i++) {
        type = type.changeParameterType(i, made.typeSymbol().parameterType(i));
      }
      String name = "lambda$race$" + lambdas.size();
      lambdas.add(new Lambda(name, type, called, line));
      List<ConstantDesc> arguments = new ArrayList<>(made.bootstrapArgs());
      arguments.set(
          1,
          MethodHandleDesc.ofMethod(
              isInterface
                  ? DirectMethodHandleDesc.Kind.INTERFACE_STATIC
                  : DirectMethodHandleDesc.Kind.STATIC,
              self,
              name,
              type));
      return DynamicCallSiteDesc.of(
          made.bootstrapMethod(),
          made.name().stringValue(),
          made.typeSymbol(),
          arguments.toArray(ConstantDesc[]::new));
    }
  }

  private static boolean isFactory(DirectMethodHandleDesc factory) {
    return factory.owner().descriptorString().equals(FACTORY)
        && factory.methodName().equals("metafactory");
  }

  /** Whether it is a method of the JDK that may be called from anywhere. */
  private static boolean isExpanded(DirectMethodHandleDesc called) {
    String owner = called.owner().descriptorString();
    return owner.startsWith("Ljava/")
        && !owner.startsWith("Ljava/lang/invoke/")
        && !called.methodName().equals("clone")
        && !called.methodName().equals("finalize")
        && switch (called.kind()) {
          case STATIC, INTERFACE_STATIC, VIRTUAL, INTERFACE_VIRTUAL, CONSTRUCTOR -> true;
          default -> false;
        };
  }
}
