package io.heddle.orders.store;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.TypeAdapter;
import com.google.gson.TypeAdapterFactory;
import com.google.gson.reflect.TypeToken;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import io.heddle.orders.Order;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Orders as JSON, as stored in the queue.
 *
 * <p>During an update, workers of two versions read each other's orders. A version ignores members
 * that it does not know, and so loses them when it writes the order. A change that an older version
 * must not lose, or would misinterpret, therefore increases {@link #VERSION}: older workers leave
 * such an order to others.
 */
public final class OrderJson {
  private static final Gson GSON =
      new GsonBuilder()
          .disableHtmlEscaping()
          .registerTypeAdapter(Instant.class, new Instants().nullSafe())
          .registerTypeAdapterFactory(new Names())
          .create();

  /** The latest version of the format. JSON without a version is older than 1. */
  static final int VERSION = 3;

  private OrderJson() {}

  /** A newer version of this program wrote the order. */
  public static final class NewerException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    NewerException(int version) {
      super(
          "the order was stored by a newer version of this program, in format %d instead of %d: update this worker"
              .formatted(version, VERSION));
    }
  }

  /** Writes an order. */
  public static String write(Order order) {
    JsonObject json = GSON.toJsonTree(order).getAsJsonObject();
    json.addProperty("version", version(order));
    return GSON.toJson(json);
  }

  /** The first version that does not lose a part of the order. */
  private static int version(Order order) {
    if (order.route() != null) {
      return 3;
    }
    return order.request().isOnce() || order.request().replaces() != null ? 2 : 1;
  }

  /**
   * Reads an order.
   *
   * @param json text that {@link #write} has written
   * @throws NewerException if a newer version wrote it
   * @throws IllegalArgumentException if it is not an order; the message says why
   */
  public static Order read(String json) {
    try {
      JsonObject object = JsonParser.parseString(json).getAsJsonObject();
      int version = object.has("version") ? object.get("version").getAsInt() : 0;
      if (version > VERSION) {
        throw new NewerException(version);
      }
      return GSON.fromJson(object, Order.class);
    } catch (NewerException e) {
      throw e;
    } catch (
        RuntimeException e) { // malformed JSON, wrong types, or a record rejects its components
      throw new IllegalArgumentException("the stored text is not an order: " + reason(e), e);
    }
  }

  private static String reason(RuntimeException failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause instanceof NullPointerException
        ? Objects.requireNonNullElse(cause.getMessage(), "an element") + " is missing"
        : String.valueOf(cause.getMessage());
  }

  /** Gson reads an unknown name of an enum as null, which would pass for a missing value. */
  private static final class Names implements TypeAdapterFactory {
    @Override
    public <T> @Nullable TypeAdapter<T> create(Gson gson, TypeToken<T> type) {
      if (!type.getRawType().isEnum()) {
        return null;
      }
      TypeAdapter<T> names = gson.getDelegateAdapter(this, type);
      return new TypeAdapter<T>() {
        @Override
        public void write(JsonWriter out, T value) throws IOException {
          names.write(out, value);
        }

        @Override
        public T read(JsonReader in) throws IOException {
          String name = in.nextString();
          T value = names.fromJsonTree(new JsonPrimitive(name));
          if (value == null) {
            throw new JsonParseException(
                "'" + name + "' is not an " + type.getRawType().getSimpleName());
          }
          return value;
        }
      }.nullSafe();
    }
  }

  private static final class Instants extends TypeAdapter<Instant> {
    @Override
    public void write(JsonWriter out, @Nullable Instant value) throws IOException {
      out.value(String.valueOf(value));
    }

    @Override
    public Instant read(JsonReader in) throws IOException {
      if (in.peek() == JsonToken.NULL) {
        throw new JsonParseException("a time is null");
      }
      try {
        return Instant.parse(in.nextString());
      } catch (DateTimeException e) {
        throw new JsonParseException(e);
      }
    }
  }
}
