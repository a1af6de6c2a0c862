package io.heddle.cli;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a time as Go writes it: {@code 500ms}, {@code 90s}, {@code 10m}, {@code 2h}. */
final class DurationConverter implements ITypeConverter<Duration> {
  private static final Pattern FORM = Pattern.compile("(\\d{1,9})(ms|s|m|h)?");

  /** What can be counted in nanoseconds, with something to spare. */
  private static final Duration LONGEST = Duration.ofDays(36_500);

  @Override
  public Duration convert(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw new TypeConversionException("'" + text + "' is no time: 500ms, 90s, 10m, 2h");
    }
    long number = Long.parseLong(form.group(1));
    Duration time =
        switch (form.group(2) == null ? "s" : form.group(2)) {
          case "ms" -> Duration.ofMillis(number);
          case "m" -> Duration.ofMinutes(number);
          case "h" -> Duration.ofHours(number);
          default -> Duration.ofSeconds(number);
        };
    if (time.compareTo(LONGEST) > 0) {
      throw new TypeConversionException("'" + text + "' is more than a hundred years");
    }
    return time;
  }
}
