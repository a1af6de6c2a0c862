package io.heddle.preflight;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.EDNSOption;
import org.xbill.DNS.ExtendedErrorCodeOption;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.TXTRecord;
import org.xbill.DNS.Type;

/** A name server's answer. Only records that belong to the question are used. */
final class Answer {
  private final Record question;
  private final Message message;

  Answer(Record question, Message message) {
    this.question = question;
    this.message = message;
  }

  int rcode() {
    return message.getRcode();
  }

  boolean isTruncated() {
    return message.getHeader().getFlag(Flags.TC);
  }

  boolean isAuthoritative() {
    return message.getHeader().getFlag(Flags.AA);
  }

  boolean isOk() {
    return rcode() == Rcode.NOERROR;
  }

  boolean isNoName() {
    return rcode() == Rcode.NXDOMAIN;
  }

  /** The names of the chain of CNAME records, beginning with the name in the question. */
  List<Name> chain() {
    List<Name> chain = new ArrayList<>(List.of(question.getName()));
    Set<Name> seen = new HashSet<>(chain);
    for (Name next = alias(chain.getLast()); next != null; next = alias(chain.getLast())) {
      chain.add(next);
      if (!seen.add(next)) {
        break; // a loop: the last name occurs twice
      }
    }
    return chain;
  }

  boolean hasLoop() {
    List<Name> chain = chain();
    return chain.indexOf(chain.getLast()) < chain.size() - 1;
  }

  private @Nullable Name alias(Name name) {
    for (Record record : message.getSection(Section.ANSWER)) {
      if (record instanceof CNAMERecord alias && alias.getName().equals(name)) {
        return alias.getTarget();
      }
    }
    return null;
  }

  /** The records of a type at the end of the chain. */
  List<Record> records(int type) {
    Name end = chain().getLast();
    return message.getSection(Section.ANSWER).stream()
        .filter(record -> record.getType() == type && record.getName().equals(end))
        .toList();
  }

  /** The TXT records at the end of the chain, each with its strings joined. */
  List<String> texts() {
    List<String> texts = new ArrayList<>();
    for (Record record : records(Type.TXT)) {
      if (record instanceof TXTRecord txt) {
        StringBuilder text = new StringBuilder();
        txt.getStringsAsByteArrays().forEach(part -> text.append(new String(part, ISO_8859_1)));
        texts.add(text.toString());
      }
    }
    return texts;
  }

  /** The approximate size of the message. */
  int bytes() {
    return message.numBytes();
  }

  /** The zone below that the server delegates to, if the answer is a delegation. */
  Zones.@Nullable Zone delegation() {
    List<Record> servers = message.getSection(Section.AUTHORITY);
    if (isAuthoritative() || !message.getSection(Section.ANSWER).isEmpty()) {
      return null;
    }
    for (Record record : servers) {
      if (record.getType() == Type.NS && question.getName().subdomain(record.getName())) {
        Name apex = record.getName();
        return new Zones.Zone(
            apex, Zones.targets(servers.stream().filter(ns -> ns.getName().equals(apex)).toList()));
      }
    }
    return null;
  }

  /** The SOA record of the zone that is responsible for the negative answer. */
  @Nullable SOARecord authority() {
    for (Record record : message.getSection(Section.AUTHORITY)) {
      if (record instanceof SOARecord soa && chain().getLast().subdomain(soa.getName())) {
        return soa;
      }
    }
    return null;
  }

  /** The status, with the reason if the server gives one. */
  String status() {
    StringBuilder status = new StringBuilder(Rcode.string(rcode()));
    OPTRecord options = message.getOPT();
    if (options != null) {
      for (EDNSOption option : options.getOptions(EDNSOption.Code.EDNS_EXTENDED_ERROR)) {
        if (option instanceof ExtendedErrorCodeOption error) {
          status.append(" (").append(ExtendedErrorCodeOption.text(error.getErrorCode()));
          String text = error.getText();
          status.append(text == null || text.isEmpty() ? "" : ": " + Trace.printable(text));
          status.append(')');
        }
      }
    }
    return status.toString();
  }

  /** A name in the form that CAs use: without the final dot. */
  static String text(Name name) {
    return name.equals(Name.root) ? "." : name.toString(true);
  }

  static String text(Record record) {
    return Trace.printable(Type.string(record.getType()) + " " + record.rdataToString());
  }
}
