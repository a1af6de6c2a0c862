package io.heddle.inspect;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Draws stacks on top of each other, as wide as their values. The outermost frame is on top. */
final class FlameGraph {
  private static final int WIDTH = 1200;
  private static final int ROW = 18;
  private static final int TOP = 34;

  /** A narrower frame is left out. */
  private static final double LEAST_WIDTH = 0.3;

  /** About the width of a character. */
  private static final double CHARACTER = 6.6;

  private final String title;
  private final Node root = new Node();

  private static final class Node {
    final Map<String, Node> above = new TreeMap<>();
    double value;
  }

  FlameGraph(String title) {
    this.title = title;
  }

  /**
   * Adds a stack.
   *
   * @param stack the innermost frame first
   * @param value its width
   */
  void add(List<StackTraceElement> stack, double value) {
    root.value += value;
    Node node = root;
    for (StackTraceElement frame : stack.reversed()) {
      String type = frame.getClassName();
      String name = type.substring(type.lastIndexOf('.') + 1) + "." + frame.getMethodName();
      node = node.above.computeIfAbsent(name, none -> new Node());
      node.value += value;
    }
  }

  String svg() {
    StringBuilder frames = new StringBuilder();
    int rows = draw(root, 0, 0, frames);
    int height = TOP + rows * ROW + 10;
    return """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="monospace" font-size="11">
    <style>
    rect { stroke: #fff; stroke-width: 0.5 } text { pointer-events: none; fill: #222 }
    g:hover rect { fill: #ffd54a }
    </style>
    <rect width="100%%" height="100%%" fill="#fff"/>
    <text x="8" y="20" font-size="14">%s</text>
    %s</svg>
    """
        .formatted(WIDTH, height, escaped(title), frames);
  }

  /** Draws what is above a node. Returns the number of rows. */
  private int draw(Node node, double left, int row, StringBuilder out) {
    double x = left;
    int rows = row;
    for (Map.Entry<String, Node> one : node.above.entrySet()) {
      Node above = one.getValue();
      double width = WIDTH * above.value / root.value;
      if (width >= LEAST_WIDTH) {
        frame(one.getKey(), above.value, x, width, row, out);
        rows = Math.max(rows, draw(above, x, row + 1, out));
      }
      x += width;
    }
    return Math.max(rows, row);
  }

  private void frame(
      String name, double value, double x, double width, int row, StringBuilder out) {
    int y = TOP + row * ROW;
    int fits = (int) ((width - 6) / CHARACTER);
    String text = fits < 3 ? "" : name.length() <= fits ? name : name.substring(0, fits - 1) + "…";
    int hue = 20 + Math.floorMod(name.hashCode(), 40);
    out.append(
        String.format(
            Locale.ROOT,
            "<g><title>%s: %.1f (%.1f%%)</title><rect x=\"%.2f\" y=\"%d\" width=\"%.2f\""
                + " height=\"%d\" fill=\"hsl(%d,80%%,68%%)\"/><text x=\"%.2f\""
                + " y=\"%d\">%s</text></g>%n",
            escaped(name),
            value,
            100 * value / root.value,
            x,
            y,
            width,
            ROW - 1,
            hue,
            x + 3,
            y + 13,
            escaped(text)));
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
