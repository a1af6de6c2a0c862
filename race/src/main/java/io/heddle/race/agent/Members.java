package io.heddle.race.agent;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.FieldModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The fields of the classes of one loader, read from their files: an access names a field, and the
 * class file of its class says whether it is volatile, and which of its variables it is.
 */
final class Members {
  private static final Map<ClassLoader, Members> OF_LOADER = new WeakHashMap<>();

  /** A class: its fields by name and type, and where to look for inherited ones. */
  record Type(
      String name,
      boolean isInterface,
      boolean hasInitialiser,
      Map<String, Field> fields,
      Set<String> methods,
      List<String> supers) {
    /** Whether it has a method of its own that a call in its name means. */
    boolean declares(InvokeInstruction call) {
      return methods.contains(key(call.name().stringValue(), call.type().stringValue()));
    }

    /** Whether there is anything to know of the class itself. */
    boolean hasState() {
      return hasInitialiser
          || fields.values().stream().anyMatch(field -> field.isStatic && !field.isFinal);
    }

    int count(boolean statics) {
      return variables(statics).size();
    }

    /** The numbers of the fields that are checked, by their keys. */
    Map<String, Integer> variables(boolean statics) {
      Map<String, Integer> variables = new HashMap<>();
      fields.forEach((key, field) -> {
        if (field.isStatic == statics && field.isChecked()) {
          // Only generated classes have two fields of one name.
          variables.put(variables.containsKey(field.name) ? key : field.name, field.variable);
        }
      });
      return variables;
    }
  }

  /** A field. The variable is its number among those that are checked. */
  record Field(
      String owner,
      String name,
      boolean isStatic,
      boolean isFinal,
      boolean isVolatile,
      int variable) {
    boolean isChecked() {
      return !isFinal && !isVolatile;
    }
  }

  private final Map<String, Type> types = new HashMap<>();

  static Members of(ClassLoader loader) {
    synchronized (OF_LOADER) {
      return OF_LOADER.computeIfAbsent(loader, key -> new Members());
    }
  }

  /** The field that an access in a class of the loader names; null if its class is not in scope. */
  @Nullable Field find(ClassLoader loader, Scope scope, String owner, String name, String type) {
    if (!scope.contains(owner)) {
      return null;
    }
    Type found = type(loader, owner);
    if (found == null) {
      return null;
    }
    Field field = found.fields.get(key(name, type));
    for (int i = 0; field == null && i < found.supers.size(); i++) {
      field = find(loader, scope, found.supers.get(i), name, type);
    }
    return field;
  }

  synchronized @Nullable Type type(ClassLoader loader, String name) {
    Type known = types.get(name);
    if (known == null) {
      try (InputStream bytes = loader.getResourceAsStream(name + ".class")) {
        if (bytes == null) {
          return null;
        }
        known = read(ClassFile.of().parse(bytes.readAllBytes()));
      } catch (IOException e) {
        return null;
      }
      types.put(name, known);
    }
    return known;
  }

  /** As the class is being loaded: its file may not be found as a resource. */
  synchronized Type add(ClassModel model) {
    Type type = read(model);
    types.put(type.name, type);
    return type;
  }

  private static Type read(ClassModel model) {
    String name = model.thisClass().asInternalName();
    boolean isInterface = model.flags().has(AccessFlag.INTERFACE);
    Map<String, Field> fields = new LinkedHashMap<>();
    int statics = 0;
    int instances = 0;
    for (FieldModel field : model.fields()) {
      boolean isStatic = field.flags().has(AccessFlag.STATIC);
      Field read =
          new Field(
              name,
              field.fieldName().stringValue(),
              isStatic,
              field.flags().has(AccessFlag.FINAL),
              field.flags().has(AccessFlag.VOLATILE),
              isStatic ? statics : instances);
      if (read.isChecked()) {
        if (isStatic) {
          statics++;
        } else {
          instances++;
        }
      }
      fields.put(key(read.name, field.fieldType().stringValue()), read);
    }
    List<String> supers = new ArrayList<>();
    model.superclass().ifPresent(above -> supers.add(above.asInternalName()));
    for (ClassEntry above : model.interfaces()) {
      supers.add(above.asInternalName());
    }
    boolean hasInitialiser =
        model.methods().stream().anyMatch(m -> m.methodName().equalsString("<clinit>"));
    Set<String> methods = new HashSet<>();
    for (MethodModel method : model.methods()) {
      methods.add(key(method.methodName().stringValue(), method.methodType().stringValue()));
    }
    return new Type(name, isInterface, hasInitialiser, fields, methods, List.copyOf(supers));
  }

  private static String key(String name, String type) {
    return name + ':' + type;
  }
}
