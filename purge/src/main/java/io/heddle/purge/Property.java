package io.heddle.purge;

/** A property of a key that some stores record. */
public enum Property {
  /** The type of the value. */
  TYPE("type"),
  /** When the key expires. */
  TTL("time to live"),
  /** How long the key has not been read or written. */
  IDLE("idle time"),
  /** When the key was last written. */
  MODIFIED("time of the last write"),
  /** The number of bytes of the value, or of the memory that the key uses. */
  SIZE("size");

  private final String text;

  Property(String text) {
    this.text = text;
  }

  /** The property's name for people. */
  @Override
  public String toString() {
    return text;
  }
}
