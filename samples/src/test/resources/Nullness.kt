// What Kotlin knows of nulls from Heddle's annotations. A line that must not compile ends with ERROR.

import io.heddle.CancelContext
import io.heddle.Chan
import io.heddle.Context
import io.heddle.Feed
import io.heddle.Go.go
import io.heddle.Goroutine
import io.heddle.Select.otherwise
import io.heddle.Select.select
import java.time.Duration

fun receiving(numbers: Chan<Int>) {
  val number: Int = numbers.receive() // ERROR
  val inTime: Int = numbers.receive(Duration.ofSeconds(1)) // ERROR
  val unlessDone: Int = numbers.receive(Context.background()) // ERROR
  val tried: Int = numbers.tryReceive() // ERROR
  val orNull: Int? = numbers.receive()
  val orZero: Int = numbers.receive() ?: 0
  for (each in numbers) {
    val element: Int = each
  }
}

fun sending(words: Chan<String>) {
  words.send(null) // ERROR
  words.trySend(null) // ERROR
  words.send("word")
}

fun selecting(words: Chan<String>) {
  val length: Int = select(words.onReceive { it.length }) // ERROR
  val orNone: Int? = select(words.onReceive { it?.length })
  val word: String = select(words.onReceive { it ?: "closed" }, otherwise { "nothing" })
}

fun goroutines() {
  val current: Goroutine<*> = Goroutine.current() // ERROR
  val failure: Throwable = go { }.failure() // ERROR
  val orNull: Throwable? = go { }.failure()
  val name: String = go { }.name()
  go(null, { }) // ERROR
}

fun contexts(key: Context.Key<String>) {
  val value: String = Context.background().value(key) // ERROR
  val error: Exception = Context.background().error() // ERROR
  val cancellable: CancelContext = Context.background().withCancel()
  cancellable.cancel(null) // ERROR
}

fun feeds(feed: Feed<String>) {
  val word: String = feed.receive() // ERROR
  val orNull: String? = feed.receive()
}
