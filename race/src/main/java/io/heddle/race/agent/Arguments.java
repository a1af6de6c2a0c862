package io.heddle.race.agent;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;

/**
 * The arguments of a call, in variables, for hooks around it.
 *
 * @param receiver the variable of what it is called on, -1 if it is static, or left on the stack
 * @param kinds those of its parameters
 * @param slots and their variables
 */
record Arguments(int receiver, List<TypeKind> kinds, List<Integer> slots) {
  /** Takes them off the stack. */
  static Arguments store(CodeBuilder code, InvokeInstruction call) {
    Arguments parameters = storeParameters(code, call.typeSymbol());
    if (call.opcode() == Opcode.INVOKESTATIC) {
      return parameters;
    }
    int receiver = code.allocateLocal(TypeKind.REFERENCE);
    code.astore(receiver);
    return new Arguments(receiver, parameters.kinds, parameters.slots);
  }

  /** Takes them off the stack, and leaves what the method is called on there. */
  static Arguments storeParameters(CodeBuilder code, MethodTypeDesc type) {
    List<TypeKind> kinds = new ArrayList<>();
    List<Integer> slots = new ArrayList<>();
    for (ClassDesc parameter : type.parameterList()) {
      TypeKind kind = TypeKind.from(parameter);
      kinds.add(kind);
      slots.add(code.allocateLocal(kind));
    }
    for (int i = kinds.size() - 1; i >= 0; i--) {
      code.storeLocal(kinds.get(i), slots.get(i));
    }
    return new Arguments(-1, kinds, slots);
  }

  /** Puts them on the stack again. */
  void load(CodeBuilder code) {
    if (receiver >= 0) {
      code.aload(receiver);
    }
    for (int i = 0; i < kinds.size(); i++) {
      load(code, i);
    }
  }

  /** Puts one on the stack. */
  void load(CodeBuilder code, int parameter) {
    code.loadLocal(kinds.get(parameter), slots.get(parameter));
  }
}
