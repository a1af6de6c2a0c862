package io.heddle.evidence.golang;

import static io.heddle.Go.go;
import static io.heddle.Select.select;

import io.heddle.CancelContext;
import io.heddle.Case;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Select;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * Programs in which a select has several cases that are equally probable, whether it waits or finds
 * them ready, in Go and in Heddle. Each prints its name and how often each case was chosen.
 */
final class Choices {
  /** How often each program chooses. */
  static final int ROUNDS = 1_000;

  /** The same programs, in the same order, in Go. */
  static final String SOURCE =
      """
      package main

      import (
      	"context"
      	"fmt"
      )

      const rounds = %d

      func report(name string, counts ...int) {
      	fmt.Print(name)
      	for _, n := range counts {
      		fmt.Print(" ", n)
      	}
      	fmt.Println()
      }

      func sender(n int) chan int {
      	c := make(chan int)
      	for k := 0; k < n; k++ {
      		go func() {
      			for i := 0; i < rounds/n; i++ {
      				c <- i
      			}
      		}()
      	}
      	return c
      }

      func receiveTwice(name string, c chan int) {
      	n := [2]int{}
      	for i := 0; i < rounds; i++ {
      		select {
      		case <-c:
      			n[0]++
      		case <-c:
      			n[1]++
      		}
      	}
      	report(name, n[:]...)
      }

      func main() {
      	receiveTwice("one-sender", sender(1))
      	receiveTwice("four-senders", sender(4))
      	{
      		c := make(chan int)
      		never := make(chan int)
      		go func() {
      			for i := 0; i < rounds; i++ {
      				select {
      				case c <- i:
      				case <-never:
      				}
      			}
      		}()
      		receiveTwice("sender-selects", c)
      	}
      	{
      		c, other := sender(1), make(chan int)
      		n := [3]int{}
      		for i := 0; i < rounds; i++ {
      			select {
      			case <-other:
      			case <-c:
      				n[0]++
      			case <-c:
      				n[1]++
      			case <-c:
      				n[2]++
      			}
      		}
      		report("three-of-four", n[:]...)
      	}
      	{
      		c, done := make(chan int), make(chan [3]int)
      		go func() {
      			n := [3]int{}
      			for i := 0; i < rounds; i++ {
      				n[<-c]++
      			}
      			done <- n
      		}()
      		for i := 0; i < rounds; i++ {
      			select {
      			case c <- 0:
      			case c <- 1:
      			case c <- 2:
      			}
      		}
      		n := <-done
      		report("sends", n[:]...)
      	}
      	{
      		a, b := make(chan int), make(chan int)
      		go func() {
      			for i := 0; i < rounds; i++ {
      				select {
      				case a <- i:
      				case b <- i:
      				}
      			}
      		}()
      		n := [2]int{}
      		for i := 0; i < rounds; i++ {
      			select {
      			case <-a:
      				n[0]++
      			case <-b:
      				n[1]++
      			}
      		}
      		report("two-selects", n[:]...)
      	}
      	{
      		n := [2]int{}
      		for i := 0; i < rounds; i++ {
      			c := make(chan int)
      			go close(c)
      			select {
      			case <-c:
      				n[0]++
      			case <-c:
      				n[1]++
      			}
      		}
      		report("closed", n[:]...)
      	}
      	{
      		n := [2]int{}
      		for i := 0; i < rounds; i++ {
      			ctx, cancel := context.WithCancel(context.Background())
      			go cancel()
      			select {
      			case <-ctx.Done():
      				n[0]++
      			case <-ctx.Done():
      				n[1]++
      			}
      		}
      		report("context", n[:]...)
      	}
      	{
      		c := make(chan int, rounds)
      		d := make(chan int, rounds)
      		idle := make(chan int)
      		for i := 0; i < rounds; i++ {
      			c <- i
      			d <- i
      		}
      		n := [2]int{}
      		for i := 0; i < rounds; i++ {
      			select {
      			case <-idle:
      			case <-c:
      				n[0]++
      			case <-d:
      				n[1]++
      			}
      		}
      		report("ready", n[:]...)
      	}
      }
      """
          .formatted(ROUNDS);

  private final Map<String, int[]> counts = new LinkedHashMap<>();

  private Choices() {}

  /** Prints what Heddle chose. */
  public static void main(String[] args) throws Exception {
    Choices choices = new Choices();
    Go.run(choices::run);
    choices.counts.forEach((name, counts) ->
        System.out.println(
            name + Arrays.toString(counts).replaceAll("[\\[\\],]", " ").stripTrailing()));
  }

  private static Chan<Integer> sender(int n) {
    Chan<Integer> channel = Chan.unbuffered();
    for (int k = 0; k < n; k++) {
      go(() -> {
        for (int i = 0; i < ROUNDS / n; i++) {
          channel.send(i);
        }
      });
    }
    return channel;
  }

  /** Selects in every round among cases that yield their numbers. */
  private void choose(String name, int cases, BiFunction<Integer, Integer, Case<Integer>> make)
      throws InterruptedException {
    int[] chosen = new int[cases];
    for (int round = 0; round < ROUNDS; round++) {
      @SuppressWarnings({"unchecked", "rawtypes"}) // there are no arrays of a generic type
      Case<Integer>[] made = new Case[cases];
      for (int i = 0; i < cases; i++) {
        made[i] = make.apply(round, i);
      }
      chosen[select(made)]++;
    }
    counts.put(name, chosen);
  }

  private void receiveTwice(String name, Chan<Integer> channel) throws InterruptedException {
    choose(name, 2, (round, i) -> channel.onReceive(value -> i));
  }

  private void run() throws Exception {
    receiveTwice("one-sender", sender(1));
    receiveTwice("four-senders", sender(4));
    Chan<Integer> selecting = Chan.unbuffered();
    go(() -> {
      for (int i = 0; i < ROUNDS; i++) {
        Select.choose(selecting.onSend(i), Chan.<Integer>never().onReceive());
      }
    });
    receiveTwice("sender-selects", selecting);
    threeOfFour();
    sends();
    twoSelects();
    Chan<?>[] closed = new Chan<?>[1];
    choose(
        "closed",
        2,
        (round, i) -> {
          Chan<?> channel = i == 0 ? Chan.unbuffered() : closed[0];
          if (i == 0) {
            closed[0] = channel;
          } else {
            go(channel::close);
          }
          return channel.onReceive(none -> i);
        });
    CancelContext[] ended = new CancelContext[1];
    choose(
        "context",
        2,
        (round, i) -> {
          CancelContext context = i == 0 ? Context.background().withCancel() : ended[0];
          if (i == 0) {
            ended[0] = context;
          } else {
            go(() -> context.cancel());
          }
          return context.onDone(() -> i);
        });
    ready();
  }

  private void threeOfFour() throws InterruptedException {
    Chan<Integer> channel = sender(1);
    int[] chosen = new int[3];
    for (int round = 0; round < ROUNDS; round++) {
      chosen[
          select(
              Chan.<Integer>unbuffered().onReceive(none -> 0),
              channel.onReceive(value -> 0),
              channel.onReceive(value -> 1),
              channel.onReceive(value -> 2))]++;
    }
    counts.put("three-of-four", chosen);
  }

  private void sends() throws InterruptedException {
    Chan<Integer> channel = Chan.unbuffered();
    go(() -> {
      for (int i = 0; i < ROUNDS; i++) {
        channel.receive();
      }
    });
    choose("sends", 3, (round, i) -> channel.onSend(i, () -> i));
  }

  private void twoSelects() throws InterruptedException {
    Chan<Integer> one = Chan.unbuffered();
    Chan<Integer> other = Chan.unbuffered();
    go(() -> {
      for (int i = 0; i < ROUNDS; i++) {
        select(one.onSend(i), other.onSend(i));
      }
    });
    choose("two-selects", 2, (round, i) -> (i == 0 ? one : other).onReceive(value -> i));
  }

  private void ready() throws InterruptedException {
    Chan<Integer> one = Chan.buffered(ROUNDS);
    Chan<Integer> other = Chan.buffered(ROUNDS);
    for (int i = 0; i < ROUNDS; i++) {
      one.send(i);
      other.send(i);
    }
    choose("ready", 2, (round, i) -> (i == 0 ? one : other).onReceive(value -> i));
  }
}
