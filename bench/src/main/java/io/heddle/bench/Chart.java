package io.heddle.bench;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The report as a picture: one line for each benchmark, one dot for each peer. A dot further to the
 * right is faster, on a logarithmic scale where Go is 1.
 */
final class Chart {
  private static final int LEFT = 230;
  private static final int RIGHT = 40;
  private static final int WIDTH = 900;
  private static final int LINE = 18;
  private static final int TOP = 74;

  /** Colours that can be distinguished with any colour vision, on white and on black. */
  private static String colour(Contender peer) {
    return switch (peer) {
      case HEDDLE -> "#d55e00";
      case HEDDLE_JDK -> "#e69f00";
      case GO -> "#0072b2";
      case KOTLIN -> "#cc79a7";
      case JOX -> "#009e73";
      case JUC -> "#888888";
    };
  }

  private Chart() {}

  /** A page has room for this many lines; with more, the main ones represent all. */
  private static final int MOST_LINES = 40;

  /** The picture of the rows that Go has. If Go has no rows, it says so. */
  static String of(Report report) {
    List<Row> rows =
        report.rows().stream().filter(row -> row.cell(Contender.GO).isPresent()).toList();
    if (rows.size() > MOST_LINES) {
      rows = rows.stream().filter(row -> Rows.isQuick(row.name())).toList();
    }
    double most = 2;
    for (Row row : rows) {
      for (Contender peer : row.cells().keySet()) {
        double speed = row.speed(peer, Contender.GO).orElseThrow();
        most = Math.max(most, Math.max(speed, 1 / speed));
      }
    }
    int decades = (int) Math.ceil(Math.log10(most));
    int height = TOP + LINE * rows.size() + 36;
    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            Locale.ROOT,
            """
            <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d">
            <style>
              text { font: 12px sans-serif; fill: #222 }
              .title { font-size: 15px; font-weight: bold }
              .grid { stroke: #ccc }
              .go { stroke: #0072b2; stroke-width: 2 }
              @media (prefers-color-scheme: dark) {
                text { fill: #ddd } .grid { stroke: #444 }
              }
            </style>
            """,
            WIDTH,
            height,
            WIDTH,
            height));
    text(svg, 10, 22, "title", "start", "Speed against Go (further right is faster)");
    int x = 10;
    for (Contender peer : report.peers()) {
      dot(svg, x + 5, 42, peer, peer.id());
      text(svg, x + 15, 46, "", "start", peer.id());
      x += 40 + 8 * peer.id().length();
    }
    int bottom = TOP + LINE * rows.size();
    for (int decade = -decades; decade <= decades; decade++) {
      for (int step : decade == decades ? new int[] {1} : new int[] {1, 2, 5}) {
        double speed = step * Math.pow(10, decade);
        int at = x(speed, decades);
        svg.append(
            String.format(
                Locale.ROOT,
                "<line class=\"%s\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>%n",
                speed == 1 ? "go" : "grid",
                at,
                TOP - 6,
                at,
                bottom));
        if (step == 1 || decades == 1) {
          text(svg, at, bottom + 16, "", "middle", label(speed));
        }
      }
    }
    if (rows.isEmpty()) {
      text(svg, WIDTH / 2, TOP + 12, "", "middle", "no row was run on Go");
    }
    int y = TOP;
    for (Row row : rows) {
      text(svg, LEFT - 12, y + 12, "", "end", row.name());
      for (Contender peer : report.peers().reversed()) {
        Optional<Double> speed = row.speed(peer, Contender.GO);
        if (speed.isPresent()) {
          String nanos = row.cell(peer).map(cell -> Table.nanos(cell.nanos())).orElseThrow();
          dot(
              svg,
              x(speed.get(), decades),
              y + 8,
              peer,
              row.name() + ", " + peer.id() + ": " + nanos + " ns");
        }
      }
      y += LINE;
    }
    return svg.append("</svg>\n").toString();
  }

  private static int x(double speed, int decades) {
    double middle = (LEFT + WIDTH - RIGHT) / 2.0;
    double half = (WIDTH - RIGHT - LEFT) / 2.0;
    return (int) Math.round(middle + half * Math.log10(speed) / decades);
  }

  private static String label(double speed) {
    return speed >= 1
        ? String.format(Locale.ROOT, "%.0f×", speed)
        : String.format(Locale.ROOT, "1/%.0f", 1 / speed);
  }

  private static void dot(StringBuilder svg, int x, int y, Contender peer, String tip) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<circle cx=\"%d\" cy=\"%d\" r=\"%d\" fill=\"%s\"><title>%s</title></circle>%n",
            x,
            y,
            peer == Contender.HEDDLE ? 6 : 5,
            colour(peer),
            escape(tip)));
  }

  private static void text(
      StringBuilder svg, int x, int y, String style, String anchor, String text) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%d\" y=\"%d\" class=\"%s\" text-anchor=\"%s\">%s</text>%n",
            x,
            y,
            style,
            anchor,
            escape(text)));
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
