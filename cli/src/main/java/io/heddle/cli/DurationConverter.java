package io.heddle.cli;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a time as Go writes it: {@code 500ms}, {@code 90s}, {@code 1h30m}; seconds alone. */
final class DurationConverter implements ITypeConverter<Duration> {
  private static final Pattern PART = Pattern.compile("(\\d{1,9})(ms|s|m|h)");
  private static final Pattern SECONDS = Pattern.compile("\\d{1,9}");

  /** Can be counted in nanoseconds, with a margin. */
  private static final Duration LONGEST = Duration.ofDays(36_500);

  @Override
  public Duration convert(String text) {
    if (SECONDS.matcher(text).matches()) {
      return checked(Duration.ofSeconds(Long.parseLong(text)), text);
    }
    Duration time = Duration.ZERO;
    Matcher part = PART.matcher(text);
    int end = 0;
    for (; part.lookingAt(); part.region(end, text.length())) {
      long number = Long.parseLong(part.group(1));
      time =
          switch (part.group(2)) {
            case "ms" -> time.plusMillis(number);
            case "m" -> time.plusMinutes(number);
            case "h" -> time.plusHours(number);
            default -> time.plusSeconds(number);
          };
      end = part.end();
    }
    if (end == 0 || end < text.length()) {
      throw new TypeConversionException("'" + text + "' is not a duration: 500ms, 90s, 10m, 1h30m");
    }
    return checked(time, text);
  }

  private static Duration checked(Duration time, String text) {
    if (time.compareTo(LONGEST) > 0) {
      throw new TypeConversionException("'" + text + "' is more than a hundred years");
    }
    return time;
  }
}
