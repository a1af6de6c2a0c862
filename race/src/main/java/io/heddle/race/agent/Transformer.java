package io.heddle.race.agent;

import io.heddle.race.report.Reports;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.instrument.ClassFileTransformer;
import java.security.ProtectionDomain;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Instruments classes as they are loaded. */
final class Transformer implements ClassFileTransformer {
  /** The exit status of a program that cannot be checked. */
  private static final int UNFIT = 2;

  private final Options options;
  private final Scope edges = Scope.ofEdges();
  private final Map<String, Weaving.Type> heddle = Weaving.ofHeddle().types();
  private final Map<String, Weaving.Type> jdk = Weaving.ofJdk().types();

  Transformer(Options options) {
    this.options = options;
  }

  /** The classes of the JDK that get hooks, by internal name. */
  Set<String> wovenInJdk() {
    return jdk.keySet();
  }

  @Override
  public byte @Nullable [] transform(
      @Nullable Module module,
      @Nullable ClassLoader loader,
      @Nullable String name,
      @Nullable Class<?> redefined,
      @Nullable ProtectionDomain domain,
      byte[] bytes) {
    if (name == null) {
      return null;
    }
    try {
      Weaving.Type woven = woven(loader, name, bytes);
      if (woven != null) {
        return weave(woven, loader, name, bytes);
      }
      if (loader == null || redefined != null) {
        return null;
      }
      return options.scope().contains(name)
          ? instrument(options.scope(), loader, bytes, options.verbose())
          : edges.contains(name) ? instrumentEdges(loader, bytes) : null;
    } catch (Throwable e) { // what is thrown here would mean "unchanged", and not a word
      warn(name, e, options.verbose());
      return null;
    }
  }

  private Weaving.@Nullable Type woven(@Nullable ClassLoader loader, String name, byte[] bytes) {
    if (loader == null) {
      return jdk.get(name);
    }
    Weaving.Type listed = heddle.get(name);
    return listed == null && name.startsWith("io/heddle/")
        ? Weaving.ofSubclass(file(loader).parse(bytes))
        : listed;
  }

  /** Without one of its hooks an edge would be missing, and correct programs would be accused. */
  private static byte[] weave(
      Weaving.Type hooks, @Nullable ClassLoader loader, String name, byte[] bytes) {
    try {
      ClassFile file = file(loader);
      return new Weaver(hooks, file.parse(bytes)).weave(file);
    } catch (RuntimeException e) {
      Reports.warn(
          "cannot put hooks into "
              + name.replace('/', '.')
              + ", so this version of the detector does not fit it: "
              + e);
      Runtime.getRuntime().halt(UNFIT);
      throw e;
    }
  }

  private byte[] instrumentEdges(ClassLoader loader, byte[] bytes) {
    ClassFile file = file(loader);
    return new ClassInstrumenter(file.parse(bytes), loader, edges, true).instrument(file, true);
  }

  /** Instruments a class in scope. */
  static byte[] instrument(Scope scope, ClassLoader loader, byte[] bytes, boolean verbose) {
    ClassFile file = file(loader);
    ClassModel model = References.expand(file, file.parse(bytes));
    ClassInstrumenter instrumenter = new ClassInstrumenter(model, loader, scope, false);
    try {
      return instrumenter.instrument(file, true);
    } catch (RuntimeException e) { // a method has become too large, say
      warn(instrumenter.name() + ", whose accesses are not checked", e, verbose);
      return instrumenter.instrument(file, false);
    }
  }

  private static void warn(String name, Throwable e, boolean verbose) {
    Reports.warn("cannot instrument " + name.replace('/', '.') + ": " + e);
    if (verbose) {
      e.printStackTrace();
    }
  }

  private static ClassFile file(@Nullable ClassLoader loader) {
    ClassLoader resources = loader == null ? ClassLoader.getSystemClassLoader() : loader;
    return ClassFile.of(
        ClassFile.ClassHierarchyResolverOption.of(
            ClassHierarchyResolver.ofResourceParsing(resources)
                .orElse(ClassHierarchyResolver.defaultResolver())));
  }
}
