// Heddle from Kotlin: goroutines, channels, select, and a bridge from and to suspend functions.

import io.heddle.Chan
import io.heddle.Context
import io.heddle.Go.after
import io.heddle.Go.go
import io.heddle.Go.sleep
import io.heddle.Receiver
import io.heddle.Select.onComplete
import io.heddle.Select.select
import io.heddle.Task
import io.heddle.TaskGroup
import io.heddle.WaitGroup
import java.time.Duration.ofDays
import java.time.Duration.ofSeconds
import java.util.concurrent.Callable
import java.util.concurrent.ExecutionException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.delay
import kotlinx.coroutines.future.future
import kotlinx.coroutines.runInterruptible
import kotlinx.coroutines.runBlocking
import io.heddle.interop.GoroutineExecutor

/** Go's `for v := range ch`: a receiver is an Iterable. */
fun squares(numbers: Receiver<Int>): Receiver<Int> {
  val squares = Chan.unbuffered<Int>()
  go {
    for (number in numbers) {
      squares.send(number * number)
    }
    squares.close()
  }
  return squares
}

fun channels() {
  val numbers = Chan.unbuffered<Int>()
  go {
    for (i in 1..5) {
      numbers.send(i)
    }
    numbers.close()
  }
  println("squares: " + squares(numbers).joinToString())
}

/** Null is "closed, and nothing left"; the compiler asks for the check. */
fun closed() {
  val words = Chan.buffered<String>(1)
  words.send("one")
  words.close()
  while (true) {
    val word: String = words.receive() ?: break
    println("received: $word")
  }
}

fun selects() {
  val answers = Chan.unbuffered<String>()
  go { answers.send("in time") }
  val answer: String =
    select(answers.onReceive { it ?: "closed" }, after(ofSeconds(10)).onReceive { "too late" })
  println("select: $answer")
}

fun waitGroups() {
  val group = WaitGroup()
  val done = Chan.buffered<Int>(3)
  for (worker in 1..3) {
    group.go { done.send(worker) }
  }
  group.await()
  done.close()
  println("workers: " + done.sorted().joinToString())
}

/** Kotlin's `coroutineScope { items.map { async { … } }.awaitAll() }`: results in order, within a time. */
fun taskGroups() {
  val lengths =
    TaskGroup<Int>().limit(2).timeout(ofSeconds(10)).use { group ->
      for (word in listOf("go", "kotlin", "heddle")) {
        group.go(Callable { word.length })
      }
      group.await()
    }
  println("lengths: $lengths")

  try {
    TaskGroup<String>().use { group ->
      group.go(Callable<String> { throw IllegalStateException("no such page") })
      group.go(Task { sleep(ofDays(1)) }) // is cancelled
      group.await()
    }
  } catch (e: ExecutionException) {
    println("failed: ${e.cause?.message}")
  }
}

/** A coroutine that blocks in a channel: `runInterruptible` turns its cancellation into an interrupt. */
fun fromCoroutines() {
  val words = Chan.unbuffered<String>()
  go { words.send("from a goroutine") }
  GoroutineExecutor().use { executor ->
    runBlocking(executor.asCoroutineDispatcher()) {
      println("coroutine: " + runInterruptible { words.receive() })
    }
  }
}

/** A goroutine that waits for a suspend function: its future is a case of a select. */
fun fromGoroutines() {
  suspend fun answer(): String {
    delay(1)
    return "from a coroutine"
  }
  val future = CoroutineScope(Dispatchers.Default).future { answer() }
  println("goroutine: " + select(onComplete(future), after(ofSeconds(10)).onReceive { "too late" }))
}

fun main() {
  io.heddle.Go.run {
    channels()
    closed()
    selects()
    waitGroups()
    taskGroups()
    fromCoroutines()
    fromGoroutines()
  }
}
