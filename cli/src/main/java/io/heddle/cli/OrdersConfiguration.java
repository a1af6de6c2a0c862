package io.heddle.cli;

import io.heddle.orders.Order;
import io.heddle.orders.files.SafeFiles;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The configuration file of {@code heddle orders serve}: lines of {@code name = value}, where the
 * name is that of an option without its hyphens. The file is replaced by its options before the
 * command line is parsed, so an option means the same in both places. Sections {@code [ca NAME]}
 * have the settings of further CAs.
 */
final class OrdersConfiguration {
  private static final String OPTION = "--config";

  /** Options that are not settings of the service. */
  private static final Set<String> EXCLUDED =
      Set.of(OPTION, "--check-config", "--change-ca", "--help", "--version");

  private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w+)}");
  private static final Pattern PASSWORD = Pattern.compile("://[^/]*:[^/]*@");

  private static final Pattern SECTION = Pattern.compile("\\[\\s*ca\\s+(\\S+)\\s*]");

  /** Short enough for a folder, and without characters that separate names elsewhere. */
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,39}");

  private final Path file;
  private final Map<String, OptionSpec> options;
  private final Map<String, String> environment;

  private OrdersConfiguration(
      Path file, Map<String, OptionSpec> options, Map<String, String> environment) {
    this.file = file;
    this.options = options;
    this.environment = environment;
  }

  /**
   * Adds the options of the configuration file to a command line that names one. An option that the
   * command line has, too, is taken from there.
   *
   * @throws IOException if the file cannot be read, or a line is wrong; the message says which
   */
  static String[] expand(String[] arguments, Map<String, String> environment) throws IOException {
    boolean isServe =
        arguments.length > 2 && arguments[0].equals("orders") && arguments[1].equals("serve");
    String name = isServe ? file(arguments) : null;
    if (name == null) {
      return arguments;
    }
    Map<String, OptionSpec> options =
        new CommandLine(new OrdersServeCommand()).getCommandSpec().optionsMap();
    List<String> given = Arrays.stream(arguments).map(one -> one.replaceFirst("=.*", "")).toList();
    List<String> expanded = new ArrayList<>(List.of(arguments[0], arguments[1]));
    Path file;
    try {
      file = Utf8.path(name);
    } catch (CommandLine.TypeConversionException e) {
      throw new IOException(e.getMessage(), e);
    }
    new OrdersConfiguration(file, options, environment)
        .read()
        .forEach((option, value) -> {
          if (!given.contains(option)) {
            expanded.add(value == null ? option : option + "=" + value);
          }
        });
    expanded.addAll(List.of(arguments).subList(2, arguments.length));
    return expanded.toArray(String[]::new);
  }

  private static @Nullable String file(String[] arguments) {
    for (int i = 2; i < arguments.length; i++) {
      if (arguments[i].startsWith(OPTION + "=")) {
        return arguments[i].substring(OPTION.length() + 1);
      }
      if (arguments[i].equals(OPTION) && i + 1 < arguments.length) {
        return arguments[i + 1];
      }
    }
    return null;
  }

  /**
   * The settings in the sections of further CAs.
   *
   * @return the settings by name, in the order of the file, by the names of the CAs
   * @throws IOException if the file cannot be read, or a line is wrong; the message says which
   */
  static SequencedMap<String, Map<String, String>> cas(Path file, Map<String, String> environment)
      throws IOException {
    OrdersConfiguration configuration = new OrdersConfiguration(file, Map.of(), environment);
    SequencedMap<String, Map<String, String>> sections = new LinkedHashMap<>();
    Map<String, String> section = null;
    List<String> lines = configuration.lines();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      int number = i + 1;
      if (line.startsWith("[")) {
        Matcher header = SECTION.matcher(line);
        if (!header.matches()) {
          throw configuration.wrong(number, line + " is not a section: [ca NAME]");
        }
        String name = header.group(1);
        if (!NAME.matcher(name).matches() || name.equals(Order.FIRST_CA)) {
          throw configuration.wrong(
              number,
              "'"
                  + name
                  + "' cannot be the name of a CA: use up to 40 of a-z, 0-9 and -, and not '"
                  + Order.FIRST_CA
                  + "', which is the CA before the sections");
        }
        section = new LinkedHashMap<>();
        if (sections.put(name, section) != null) {
          throw configuration.wrong(number, "there are two sections " + line);
        }
      } else if (section != null) {
        Map.Entry<String, String> setting = configuration.setting(line, number);
        if (!OrdersCaSettings.NAMES.contains(setting.getKey())) {
          throw configuration.wrong(
              number,
              "'"
                  + setting.getKey()
                  + "' is not a setting of a CA; there are "
                  + String.join(", ", OrdersCaSettings.NAMES));
        }
        if (setting.getValue().isEmpty()) {
          throw configuration.wrong(number, "'" + setting.getKey() + "' has no value");
        }
        if (section.put(setting.getKey(), setting.getValue()) != null) {
          throw configuration.wrong(number, "'" + setting.getKey() + "' occurs twice");
        }
      }
    }
    return sections;
  }

  private Map.Entry<String, String> setting(String line, int number) throws IOException {
    int equals = line.indexOf('=');
    if (equals <= 0) {
      throw wrong(number, "not NAME = VALUE");
    }
    return Map.entry(
        line.substring(0, equals).strip(), expanded(line.substring(equals + 1).strip(), number));
  }

  private List<String> lines() throws IOException {
    try {
      return Files.readAllLines(file);
    } catch (NoSuchFileException e) {
      throw new IOException("there is no file " + file, e);
    } catch (AccessDeniedException e) {
      throw new IOException(file + ": permission denied", e);
    } catch (MalformedInputException e) {
      throw new IOException(file + " is not text in UTF-8", e);
    }
  }

  /** The values by option, without the sections; null for an option without a value. */
  private Map<String, @Nullable String> read() throws IOException {
    List<String> lines = lines();
    Map<String, @Nullable String> values = new LinkedHashMap<>();
    Map<String, Integer> places = new LinkedHashMap<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      if (line.startsWith("[")) {
        break; // the rest is of further CAs
      }
      int number = i + 1;
      Map.Entry<String, String> setting = setting(line, number);
      String name = setting.getKey();
      String value = setting.getValue();
      OptionSpec option = options.get("--" + name);
      if (option == null || EXCLUDED.contains("--" + name)) {
        throw wrong(number, "'" + name + "' is not a setting" + suggestion(name));
      }
      Integer first = places.putIfAbsent(name, number);
      if (first != null) {
        throw wrong(number, "'" + name + "' was set in line " + first + ", too");
      }
      if (PASSWORD.matcher(value).find()) {
        SafeFiles.checkSecret(file);
      }
      if (option.typeInfo().isBoolean()) {
        switch (value) {
          case "true" -> values.put("--" + name, null);
          case "false" -> {}
          default -> throw wrong(number, "'" + name + "' must be true or false");
        }
      } else if (value.isEmpty()) {
        throw wrong(number, "'" + name + "' has no value");
      } else {
        values.put("--" + name, value);
      }
    }
    return values;
  }

  /** Replaces {@code ${NAME}} with the value of an environment variable. */
  private String expanded(String value, int line) throws IOException {
    Matcher variable = VARIABLE.matcher(value);
    StringBuilder text = new StringBuilder();
    while (variable.find()) {
      String found = environment.get(variable.group(1));
      if (found == null) {
        throw wrong(line, "the environment variable " + variable.group(1) + " is not set");
      }
      variable.appendReplacement(text, Matcher.quoteReplacement(found));
    }
    return variable.appendTail(text).toString();
  }

  private String suggestion(String name) {
    String start = name.substring(0, Math.min(2, name.length()));
    return options.keySet().stream()
        .filter(option -> option.startsWith("--" + start) && !EXCLUDED.contains(option))
        .findFirst()
        .map(option -> "; did you mean '" + option.substring(2) + "'?")
        .orElse("; heddle orders serve --help lists the options");
  }

  private IOException wrong(int line, String problem) {
    return new IOException(file + ", line " + line + ": " + problem);
  }
}
