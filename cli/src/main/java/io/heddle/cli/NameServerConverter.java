package io.heddle.cli;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the address of a name server. Names are rejected, since no resolver is configured yet. */
final class NameServerConverter implements ITypeConverter<InetSocketAddress> {
  private static final Pattern FORM =
      Pattern.compile(
          "(\\[(?<six>[0-9a-fA-F:.]+)]|(?<address>[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*))(:(?<port>[0-9]{1,5}))?");

  @Override
  public InetSocketAddress convert(String text) {
    Matcher form = FORM.matcher(text);
    if (form.matches()) {
      String address = form.group("six") != null ? form.group("six") : form.group("address");
      int port = form.group("port") == null ? 53 : Integer.parseInt(form.group("port"));
      try {
        return new InetSocketAddress(InetAddress.ofLiteral(address), port);
      } catch (IllegalArgumentException e) {
        // reported below
      }
    }
    throw new TypeConversionException(
        "'" + text + "' is not an address: 1.1.1.1, 127.0.0.1:5353, [2001:db8::1]:53");
  }
}
