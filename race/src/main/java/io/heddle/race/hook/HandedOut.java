package io.heddle.race.hook;

import io.heddle.race.clock.SyncVar;
import io.heddle.race.clock.ThreadState;
import java.util.Comparator;
import java.util.Enumeration;
import java.util.Iterator;
import java.util.ListIterator;
import java.util.Spliterator;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Iterators, spliterators and streams of collections that several threads may use. They also hand
 * out elements that were added after they were made. The thread that gets an element comes after
 * the thread that added it.
 */
final class HandedOut {
  private HandedOut() {}

  /** Stands for what a collection has returned. */
  static @Nullable Object of(@Nullable Object source, SyncVar clock) {
    return switch (source) {
      case ListIterator<?> list -> new ListElements<>(list, clock);
      case Iterator<?> elements -> new Elements<>(elements, clock);
      case Enumeration<?> elements -> new Elements<>(elements, clock);
      case Spliterator.OfPrimitive<?, ?, ?> numbers -> numbers;
      case Spliterator<?> elements -> new Split<>(elements, clock);
      case Stream<?> stream ->
          StreamSupport.stream(new Split<>(stream.spliterator(), clock), stream.isParallel());
      case null, default -> source;
    };
  }

  private static void acquire(SyncVar clock) {
    clock.acquire(ThreadState.current());
  }

  private static <E> Consumer<E> acquiring(Consumer<? super E> action, SyncVar clock) {
    return element -> {
      acquire(clock);
      action.accept(element);
    };
  }

  /** An iterator or an enumeration, or what is both. */
  @SuppressWarnings("JdkObsolete") // the collection has one
  private static class Elements<E> implements Iterator<E>, Enumeration<E> {
    private final Object source;
    final SyncVar clock;

    Elements(Object source, SyncVar clock) {
      this.source = source;
      this.clock = clock;
    }

    @SuppressWarnings("unchecked") // a caller with this type got the source as an iterator
    private Iterator<E> iterator() {
      return (Iterator<E>) source;
    }

    @SuppressWarnings("unchecked")
    private Enumeration<E> enumeration() {
      return (Enumeration<E>) source;
    }

    @Override
    public boolean hasNext() {
      return iterator().hasNext();
    }

    @Override
    public E next() {
      E next = iterator().next();
      acquire(clock);
      return next;
    }

    @Override
    public void remove() {
      iterator().remove();
    }

    @Override
    public void forEachRemaining(Consumer<? super E> action) {
      iterator().forEachRemaining(acquiring(action, clock));
    }

    @Override
    public boolean hasMoreElements() {
      return enumeration().hasMoreElements();
    }

    @Override
    public E nextElement() {
      E next = enumeration().nextElement();
      acquire(clock);
      return next;
    }
  }

  private static final class ListElements<E> extends Elements<E> implements ListIterator<E> {
    private final ListIterator<E> list;

    ListElements(ListIterator<E> list, SyncVar clock) {
      super(list, clock);
      this.list = list;
    }

    @Override
    public boolean hasPrevious() {
      return list.hasPrevious();
    }

    @Override
    public E previous() {
      E previous = list.previous();
      acquire(clock);
      return previous;
    }

    @Override
    public int nextIndex() {
      return list.nextIndex();
    }

    @Override
    public int previousIndex() {
      return list.previousIndex();
    }

    @Override
    public void set(E element) {
      clock.release(ThreadState.current());
      list.set(element);
    }

    @Override
    public void add(E element) {
      clock.release(ThreadState.current());
      list.add(element);
    }
  }

  private record Split<E>(Spliterator<E> source, SyncVar clock) implements Spliterator<E> {
    @Override
    public boolean tryAdvance(Consumer<? super E> action) {
      return source.tryAdvance(acquiring(action, clock));
    }

    @Override
    public void forEachRemaining(Consumer<? super E> action) {
      source.forEachRemaining(acquiring(action, clock));
    }

    @Override
    public @Nullable Spliterator<E> trySplit() {
      Spliterator<E> split = source.trySplit();
      return split == null ? null : new Split<>(split, clock);
    }

    @Override
    public long estimateSize() {
      return source.estimateSize();
    }

    @Override
    public long getExactSizeIfKnown() {
      return source.getExactSizeIfKnown();
    }

    @Override
    public int characteristics() {
      return source.characteristics();
    }

    @Override
    public boolean hasCharacteristics(int characteristics) {
      return source.hasCharacteristics(characteristics);
    }

    @Override
    public @Nullable Comparator<? super E> getComparator() {
      return source.getComparator();
    }
  }
}
