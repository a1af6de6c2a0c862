package io.heddle;

/**
 * Takes the failures of a program's goroutines in place of the end of that program: see {@link
 * Go#run(Task, FailureHandler)}. Go has no counterpart: a panic that is not recovered ends the
 * program. In Java it is what {@link Thread.UncaughtExceptionHandler} is to threads.
 */
@FunctionalInterface
public interface FailureHandler {
  /**
   * Called once for each goroutine that fails, by that goroutine and as the last thing it does. Its
   * interrupt status is clear, so this method may block. It may be called on several goroutines at
   * the same time.
   *
   * <p>A goroutine has ended only when this method has returned. So what the handler did happens
   * before {@link Goroutine#join} returns, and the handler must not join the goroutine that it is
   * called for.
   *
   * <p>An exception that this method throws ends the program: the {@link PanicException} has it as
   * its cause, and the failure that was to be handled is suppressed in it. To end the program
   * because of a failure, throw that failure.
   *
   * @param goroutine the goroutine that failed
   * @param failure what its task threw
   * @throws Exception to end the program
   */
  void failed(Goroutine<?> goroutine, Throwable failure) throws Exception;

  /**
   * A handler that logs each failure, with its stack trace, as an {@code ERROR} of the {@link
   * System.Logger} {@code io.heddle}.
   *
   * @return the handler
   */
  static FailureHandler logging() {
    return (goroutine, failure) -> {
      String number = "goroutine " + goroutine.id();
      String name = goroutine.name();
      Logging.log(
          System.Logger.Level.ERROR,
          (name.equals(number) ? number : number + " \"" + name + '"')
              + " failed; it was created by "
              + goroutine.createdBy(),
          failure);
    };
  }
}
