package io.heddle;

import org.jspecify.annotations.Nullable;

/**
 * Which case {@link Select#choose} has chosen, and the result of that case. A switch takes it
 * apart; the compiler checks that there is a branch for each case, and none for a case that does
 * not exist:
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
 * <p>The names come with {@code import io.heddle.Selected.*}.
 *
 * @param <S> the results of all cases as a type, such as {@code Or<Job, Or<Void, None>>} for two
 *     cases; use {@code var} rather than write it down
 */
public sealed interface Selected<S> {
  /**
   * The first case was chosen.
   *
   * @param <A> the result of this case
   * @param <R> the results of the cases after it
   * @param value the result
   */
  record First<A extends @Nullable Object, R>(A value) implements Selected<Or<A, R>> {}

  /**
   * The second case was chosen.
   *
   * @param <X1> the result of the first case
   * @param <B> the result of this case
   * @param <R> the results of the cases after it
   * @param value the result
   */
  record Second<X1 extends @Nullable Object, B extends @Nullable Object, R>(B value)
      implements Selected<Or<X1, Or<B, R>>> {}

  /**
   * The third case was chosen.
   *
   * @param <X1> the result of the first case
   * @param <X2> the result of the second case
   * @param <C> the result of this case
   * @param <R> the results of the cases after it
   * @param value the result
   */
  record Third<
          X1 extends @Nullable Object, X2 extends @Nullable Object, C extends @Nullable Object, R>(
      C value) implements Selected<Or<X1, Or<X2, Or<C, R>>>> {}

  /**
   * The fourth case was chosen.
   *
   * @param <X1> the result of the first case
   * @param <X2> the result of the second case
   * @param <X3> the result of the third case
   * @param <D> the result of this case
   * @param <R> the results of the cases after it
   * @param value the result
   */
  record Fourth<
          X1 extends @Nullable Object,
          X2 extends @Nullable Object,
          X3 extends @Nullable Object,
          D extends @Nullable Object,
          R>(
      D value) implements Selected<Or<X1, Or<X2, Or<X3, Or<D, R>>>>> {}

  /**
   * The fifth case was chosen.
   *
   * @param <X1> the result of the first case
   * @param <X2> the result of the second case
   * @param <X3> the result of the third case
   * @param <X4> the result of the fourth case
   * @param <E> the result of this case
   * @param <R> the results of the cases after it
   * @param value the result
   */
  record Fifth<
          X1 extends @Nullable Object,
          X2 extends @Nullable Object,
          X3 extends @Nullable Object,
          X4 extends @Nullable Object,
          E extends @Nullable Object,
          R>(
      E value) implements Selected<Or<X1, Or<X2, Or<X3, Or<X4, Or<E, R>>>>>> {}

  /**
   * The sixth case was chosen.
   *
   * @param <X1> the result of the first case
   * @param <X2> the result of the second case
   * @param <X3> the result of the third case
   * @param <X4> the result of the fourth case
   * @param <X5> the result of the fifth case
   * @param <F> the result of this case
   * @param <R> the results of the cases after it
   * @param value the result
   */
  record Sixth<
          X1 extends @Nullable Object,
          X2 extends @Nullable Object,
          X3 extends @Nullable Object,
          X4 extends @Nullable Object,
          X5 extends @Nullable Object,
          F extends @Nullable Object,
          R>(
      F value) implements Selected<Or<X1, Or<X2, Or<X3, Or<X4, Or<X5, Or<F, R>>>>>>> {}

  /**
   * The seventh case was chosen.
   *
   * @param <X1> the result of the first case
   * @param <X2> the result of the second case
   * @param <X3> the result of the third case
   * @param <X4> the result of the fourth case
   * @param <X5> the result of the fifth case
   * @param <X6> the result of the sixth case
   * @param <G> the result of this case
   * @param <R> the results of the cases after it
   * @param value the result
   */
  record Seventh<
          X1 extends @Nullable Object,
          X2 extends @Nullable Object,
          X3 extends @Nullable Object,
          X4 extends @Nullable Object,
          X5 extends @Nullable Object,
          X6 extends @Nullable Object,
          G extends @Nullable Object,
          R>(
      G value) implements Selected<Or<X1, Or<X2, Or<X3, Or<X4, Or<X5, Or<X6, Or<G, R>>>>>>>> {}

  /**
   * The eighth case was chosen.
   *
   * @param <X1> the result of the first case
   * @param <X2> the result of the second case
   * @param <X3> the result of the third case
   * @param <X4> the result of the fourth case
   * @param <X5> the result of the fifth case
   * @param <X6> the result of the sixth case
   * @param <X7> the result of the seventh case
   * @param <H> the result of this case
   * @param <R> the results of the cases after it
   * @param value the result
   */
  record Eighth<
          X1 extends @Nullable Object,
          X2 extends @Nullable Object,
          X3 extends @Nullable Object,
          X4 extends @Nullable Object,
          X5 extends @Nullable Object,
          X6 extends @Nullable Object,
          X7 extends @Nullable Object,
          H extends @Nullable Object,
          R>(
      H value)
      implements Selected<Or<X1, Or<X2, Or<X3, Or<X4, Or<X5, Or<X6, Or<X7, Or<H, R>>>>>>>>> {}

  /**
   * A case, and those after it: {@code Or<A, Or<B, None>>} stands for two cases. There is no object
   * of this type.
   *
   * @param <A> the result of the case
   * @param <R> the cases after it, an Or or {@link None}
   */
  @SuppressWarnings("UnusedTypeParameter") // the compiler tells cases apart by them
  final class Or<A extends @Nullable Object, R> {
    private Or() {}
  }

  /** The end of the cases. There is no object of this type. */
  final class None {
    private None() {}
  }
}
