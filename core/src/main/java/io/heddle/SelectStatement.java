package io.heddle;

import io.heddle.Selected.Eighth;
import io.heddle.Selected.Fifth;
import io.heddle.Selected.First;
import io.heddle.Selected.Fourth;
import io.heddle.Selected.None;
import io.heddle.Selected.Or;
import io.heddle.Selected.Second;
import io.heddle.Selected.Seventh;
import io.heddle.Selected.Sixth;
import io.heddle.Selected.Third;
import org.jspecify.annotations.Nullable;

/**
 * The statement forms of {@link Select}: one method for each number of cases, so that the type of
 * what they return says how many there are.
 */
abstract sealed class SelectStatement permits Select {
  SelectStatement() {}

  @SuppressWarnings("unchecked") // the result of the n-th case goes into the n-th record
  private static <S> Selected<S> choose(boolean inOrder, Case<?>... cases)
      throws InterruptedException {
    Case<?> chosen = new Select(inOrder, cases).await();
    int index = 0;
    while (cases[index] != chosen) {
      index++;
    }
    Object value = chosen.result();
    return (Selected<S>)
        switch (index) {
          case 0 -> new First<>(value);
          case 1 -> new Second<>(value);
          case 2 -> new Third<>(value);
          case 3 -> new Fourth<>(value);
          case 4 -> new Fifth<>(value);
          case 5 -> new Sixth<>(value);
          case 6 -> new Seventh<>(value);
          default -> new Eighth<>(value);
        };
  }

  /**
   * Waits for one of the cases: Go's {@code select} as a statement. The branches of a switch say
   * what to do, as ordinary code: they may block, throw checked exceptions, and leave the loop or
   * the method around them. For more than eight cases, or a number that is not known beforehand,
   * see {@link Select#of}.
   *
   * {@snippet :
   * switch (choose(jobs.onReceive(), context.onDone())) {
   *   case First(var job) -> work(job);
   *   case Second(_) -> {
   *     return;
   *   }
   * }
   * }
   *
   * <p>A case with a function has that called here; what it throws is thrown here.
   *
   * @param <A> the result of the first case
   * @param <B> the result of the second case
   * @param first an alternative
   * @param second an alternative
   * @return which case was chosen, with its result
   * @throws ChannelClosedException if it is a send on a closed channel
   * @throws InterruptedException if the thread is interrupted; no case has happened
   */
  public static <A extends @Nullable Object, B extends @Nullable Object>
      Selected<Or<A, Or<B, None>>> choose(Case<? extends A> first, Case<? extends B> second)
          throws InterruptedException {
    return choose(false, first, second);
  }

  /**
   * Waits for one of three cases, as {@link #choose(Case, Case)} does.
   *
   * @param <A> the result of the first case
   * @param <B> the result of the second case
   * @param <C> the result of the third case
   * @param first an alternative
   * @param second an alternative
   * @param third an alternative
   * @return which case was chosen, with its result
   * @throws ChannelClosedException if it is a send on a closed channel
   * @throws InterruptedException if the thread is interrupted; no case has happened
   */
  public static <A extends @Nullable Object, B extends @Nullable Object, C extends @Nullable Object>
      Selected<Or<A, Or<B, Or<C, None>>>> choose(
          Case<? extends A> first, Case<? extends B> second, Case<? extends C> third)
          throws InterruptedException {
    return choose(false, first, second, third);
  }

  /**
   * Waits for one of four cases, as {@link #choose(Case, Case)} does.
   *
   * @param <A> the result of the first case
   * @param <B> the result of the second case
   * @param <C> the result of the third case
   * @param <D> the result of the fourth case
   * @param first an alternative
   * @param second an alternative
   * @param third an alternative
   * @param fourth an alternative
   * @return which case was chosen, with its result
   * @throws ChannelClosedException if it is a send on a closed channel
   * @throws InterruptedException if the thread is interrupted; no case has happened
   */
  public static <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          D extends @Nullable Object>
      Selected<Or<A, Or<B, Or<C, Or<D, None>>>>> choose(
          Case<? extends A> first,
          Case<? extends B> second,
          Case<? extends C> third,
          Case<? extends D> fourth)
          throws InterruptedException {
    return choose(false, first, second, third, fourth);
  }

  /**
   * Waits for one of five cases, as {@link #choose(Case, Case)} does.
   *
   * @param <A> the result of the first case
   * @param <B> the result of the second case
   * @param <C> the result of the third case
   * @param <D> the result of the fourth case
   * @param <E> the result of the fifth case
   * @param first an alternative
   * @param second an alternative
   * @param third an alternative
   * @param fourth an alternative
   * @param fifth an alternative
   * @return which case was chosen, with its result
   * @throws ChannelClosedException if it is a send on a closed channel
   * @throws InterruptedException if the thread is interrupted; no case has happened
   */
  public static <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          D extends @Nullable Object,
          E extends @Nullable Object>
      Selected<Or<A, Or<B, Or<C, Or<D, Or<E, None>>>>>> choose(
          Case<? extends A> first,
          Case<? extends B> second,
          Case<? extends C> third,
          Case<? extends D> fourth,
          Case<? extends E> fifth)
          throws InterruptedException {
    return choose(false, first, second, third, fourth, fifth);
  }

  /**
   * Waits for one of six cases, as {@link #choose(Case, Case)} does.
   *
   * @param <A> the result of the first case
   * @param <B> the result of the second case
   * @param <C> the result of the third case
   * @param <D> the result of the fourth case
   * @param <E> the result of the fifth case
   * @param <F> the result of the sixth case
   * @param first an alternative
   * @param second an alternative
   * @param third an alternative
   * @param fourth an alternative
   * @param fifth an alternative
   * @param sixth an alternative
   * @return which case was chosen, with its result
   * @throws ChannelClosedException if it is a send on a closed channel
   * @throws InterruptedException if the thread is interrupted; no case has happened
   */
  public static <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          D extends @Nullable Object,
          E extends @Nullable Object,
          F extends @Nullable Object>
      Selected<Or<A, Or<B, Or<C, Or<D, Or<E, Or<F, None>>>>>>> choose(
          Case<? extends A> first,
          Case<? extends B> second,
          Case<? extends C> third,
          Case<? extends D> fourth,
          Case<? extends E> fifth,
          Case<? extends F> sixth)
          throws InterruptedException {
    return choose(false, first, second, third, fourth, fifth, sixth);
  }

  /**
   * Waits for one of seven cases, as {@link #choose(Case, Case)} does.
   *
   * @param <A> the result of the first case
   * @param <B> the result of the second case
   * @param <C> the result of the third case
   * @param <D> the result of the fourth case
   * @param <E> the result of the fifth case
   * @param <F> the result of the sixth case
   * @param <G> the result of the seventh case
   * @param first an alternative
   * @param second an alternative
   * @param third an alternative
   * @param fourth an alternative
   * @param fifth an alternative
   * @param sixth an alternative
   * @param seventh an alternative
   * @return which case was chosen, with its result
   * @throws ChannelClosedException if it is a send on a closed channel
   * @throws InterruptedException if the thread is interrupted; no case has happened
   */
  public static <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          D extends @Nullable Object,
          E extends @Nullable Object,
          F extends @Nullable Object,
          G extends @Nullable Object>
      Selected<Or<A, Or<B, Or<C, Or<D, Or<E, Or<F, Or<G, None>>>>>>>> choose(
          Case<? extends A> first,
          Case<? extends B> second,
          Case<? extends C> third,
          Case<? extends D> fourth,
          Case<? extends E> fifth,
          Case<? extends F> sixth,
          Case<? extends G> seventh)
          throws InterruptedException {
    return choose(false, first, second, third, fourth, fifth, sixth, seventh);
  }

  /**
   * Waits for one of eight cases, as {@link #choose(Case, Case)} does.
   *
   * @param <A> the result of the first case
   * @param <B> the result of the second case
   * @param <C> the result of the third case
   * @param <D> the result of the fourth case
   * @param <E> the result of the fifth case
   * @param <F> the result of the sixth case
   * @param <G> the result of the seventh case
   * @param <H> the result of the eighth case
   * @param first an alternative
   * @param second an alternative
   * @param third an alternative
   * @param fourth an alternative
   * @param fifth an alternative
   * @param sixth an alternative
   * @param seventh an alternative
   * @param eighth an alternative
   * @return which case was chosen, with its result
   * @throws ChannelClosedException if it is a send on a closed channel
   * @throws InterruptedException if the thread is interrupted; no case has happened
   */
  public static <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          D extends @Nullable Object,
          E extends @Nullable Object,
          F extends @Nullable Object,
          G extends @Nullable Object,
          H extends @Nullable Object>
      Selected<Or<A, Or<B, Or<C, Or<D, Or<E, Or<F, Or<G, Or<H, None>>>>>>>>> choose(
          Case<? extends A> first,
          Case<? extends B> second,
          Case<? extends C> third,
          Case<? extends D> fourth,
          Case<? extends E> fifth,
          Case<? extends F> sixth,
          Case<? extends G> seventh,
          Case<? extends H> eighth)
          throws InterruptedException {
    return choose(false, first, second, third, fourth, fifth, sixth, seventh, eighth);
  }

  /**
   * Waits for one of the cases, as {@link #choose(Case, Case)} does. If several can go ahead it
   * takes the first of them.
   *
   * @param <A> the result of the first case
   * @param <B> the result of the second case
   * @param first the most important alternative
   * @param second an alternative
   * @return which case was chosen, with its result
   * @throws ChannelClosedException if it is a send on a closed channel
   * @throws InterruptedException if the thread is interrupted; no case has happened
   */
  public static <A extends @Nullable Object, B extends @Nullable Object>
      Selected<Or<A, Or<B, None>>> chooseInOrder(Case<? extends A> first, Case<? extends B> second)
          throws InterruptedException {
    return choose(true, first, second);
  }

  /**
   * Waits for one of three cases, as {@link #chooseInOrder(Case, Case)} does.
   *
   * @param <A> the result of the first case
   * @param <B> the result of the second case
   * @param <C> the result of the third case
   * @param first the most important alternative
   * @param second an alternative
   * @param third an alternative
   * @return which case was chosen, with its result
   * @throws ChannelClosedException if it is a send on a closed channel
   * @throws InterruptedException if the thread is interrupted; no case has happened
   */
  public static <A extends @Nullable Object, B extends @Nullable Object, C extends @Nullable Object>
      Selected<Or<A, Or<B, Or<C, None>>>> chooseInOrder(
          Case<? extends A> first, Case<? extends B> second, Case<? extends C> third)
          throws InterruptedException {
    return choose(true, first, second, third);
  }

  /**
   * Waits for one of four cases, as {@link #chooseInOrder(Case, Case)} does.
   *
   * @param <A> the result of the first case
   * @param <B> the result of the second case
   * @param <C> the result of the third case
   * @param <D> the result of the fourth case
   * @param first the most important alternative
   * @param second an alternative
   * @param third an alternative
   * @param fourth an alternative
   * @return which case was chosen, with its result
   * @throws ChannelClosedException if it is a send on a closed channel
   * @throws InterruptedException if the thread is interrupted; no case has happened
   */
  public static <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          D extends @Nullable Object>
      Selected<Or<A, Or<B, Or<C, Or<D, None>>>>> chooseInOrder(
          Case<? extends A> first,
          Case<? extends B> second,
          Case<? extends C> third,
          Case<? extends D> fourth)
          throws InterruptedException {
    return choose(true, first, second, third, fourth);
  }

  /**
   * Waits for one of five cases, as {@link #chooseInOrder(Case, Case)} does.
   *
   * @param <A> the result of the first case
   * @param <B> the result of the second case
   * @param <C> the result of the third case
   * @param <D> the result of the fourth case
   * @param <E> the result of the fifth case
   * @param first the most important alternative
   * @param second an alternative
   * @param third an alternative
   * @param fourth an alternative
   * @param fifth an alternative
   * @return which case was chosen, with its result
   * @throws ChannelClosedException if it is a send on a closed channel
   * @throws InterruptedException if the thread is interrupted; no case has happened
   */
  public static <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          D extends @Nullable Object,
          E extends @Nullable Object>
      Selected<Or<A, Or<B, Or<C, Or<D, Or<E, None>>>>>> chooseInOrder(
          Case<? extends A> first,
          Case<? extends B> second,
          Case<? extends C> third,
          Case<? extends D> fourth,
          Case<? extends E> fifth)
          throws InterruptedException {
    return choose(true, first, second, third, fourth, fifth);
  }

  /**
   * Waits for one of six cases, as {@link #chooseInOrder(Case, Case)} does.
   *
   * @param <A> the result of the first case
   * @param <B> the result of the second case
   * @param <C> the result of the third case
   * @param <D> the result of the fourth case
   * @param <E> the result of the fifth case
   * @param <F> the result of the sixth case
   * @param first the most important alternative
   * @param second an alternative
   * @param third an alternative
   * @param fourth an alternative
   * @param fifth an alternative
   * @param sixth an alternative
   * @return which case was chosen, with its result
   * @throws ChannelClosedException if it is a send on a closed channel
   * @throws InterruptedException if the thread is interrupted; no case has happened
   */
  public static <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          D extends @Nullable Object,
          E extends @Nullable Object,
          F extends @Nullable Object>
      Selected<Or<A, Or<B, Or<C, Or<D, Or<E, Or<F, None>>>>>>> chooseInOrder(
          Case<? extends A> first,
          Case<? extends B> second,
          Case<? extends C> third,
          Case<? extends D> fourth,
          Case<? extends E> fifth,
          Case<? extends F> sixth)
          throws InterruptedException {
    return choose(true, first, second, third, fourth, fifth, sixth);
  }

  /**
   * Waits for one of seven cases, as {@link #chooseInOrder(Case, Case)} does.
   *
   * @param <A> the result of the first case
   * @param <B> the result of the second case
   * @param <C> the result of the third case
   * @param <D> the result of the fourth case
   * @param <E> the result of the fifth case
   * @param <F> the result of the sixth case
   * @param <G> the result of the seventh case
   * @param first the most important alternative
   * @param second an alternative
   * @param third an alternative
   * @param fourth an alternative
   * @param fifth an alternative
   * @param sixth an alternative
   * @param seventh an alternative
   * @return which case was chosen, with its result
   * @throws ChannelClosedException if it is a send on a closed channel
   * @throws InterruptedException if the thread is interrupted; no case has happened
   */
  public static <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          D extends @Nullable Object,
          E extends @Nullable Object,
          F extends @Nullable Object,
          G extends @Nullable Object>
      Selected<Or<A, Or<B, Or<C, Or<D, Or<E, Or<F, Or<G, None>>>>>>>> chooseInOrder(
          Case<? extends A> first,
          Case<? extends B> second,
          Case<? extends C> third,
          Case<? extends D> fourth,
          Case<? extends E> fifth,
          Case<? extends F> sixth,
          Case<? extends G> seventh)
          throws InterruptedException {
    return choose(true, first, second, third, fourth, fifth, sixth, seventh);
  }

  /**
   * Waits for one of eight cases, as {@link #chooseInOrder(Case, Case)} does.
   *
   * @param <A> the result of the first case
   * @param <B> the result of the second case
   * @param <C> the result of the third case
   * @param <D> the result of the fourth case
   * @param <E> the result of the fifth case
   * @param <F> the result of the sixth case
   * @param <G> the result of the seventh case
   * @param <H> the result of the eighth case
   * @param first the most important alternative
   * @param second an alternative
   * @param third an alternative
   * @param fourth an alternative
   * @param fifth an alternative
   * @param sixth an alternative
   * @param seventh an alternative
   * @param eighth an alternative
   * @return which case was chosen, with its result
   * @throws ChannelClosedException if it is a send on a closed channel
   * @throws InterruptedException if the thread is interrupted; no case has happened
   */
  public static <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          D extends @Nullable Object,
          E extends @Nullable Object,
          F extends @Nullable Object,
          G extends @Nullable Object,
          H extends @Nullable Object>
      Selected<Or<A, Or<B, Or<C, Or<D, Or<E, Or<F, Or<G, Or<H, None>>>>>>>>> chooseInOrder(
          Case<? extends A> first,
          Case<? extends B> second,
          Case<? extends C> third,
          Case<? extends D> fourth,
          Case<? extends E> fifth,
          Case<? extends F> sixth,
          Case<? extends G> seventh,
          Case<? extends H> eighth)
          throws InterruptedException {
    return choose(true, first, second, third, fourth, fifth, sixth, seventh, eighth);
  }
}
