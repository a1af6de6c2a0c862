package main

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// A task with a result: a goroutine and a channel with room for it.
func submit[T any](task func() T) <-chan T {
	result := make(chan T, 1)
	go func() { result <- task() }()
	return result
}

func executors() {
	answer := submit(func() int { return 6 * 7 })
	text := submit(func() string { return "The answer is " })
	fmt.Println(<-text + fmt.Sprint(<-answer))
}

// An iterator over a channel takes no more than the loop over it uses.
func received[T any](ch <-chan T) iter.Seq[T] {
	return func(yield func(T) bool) {
		for value := range ch {
			if !yield(value) {
				return
			}
		}
	}
}

func list(numbers []int) string {
	return "[" + strings.Trim(strings.ReplaceAll(fmt.Sprint(numbers), " ", ", "), "[]") + "]"
}

func streams() {
	numbers := make(chan int)
	go func() {
		defer close(numbers)
		for i := 1; i <= 5; i++ {
			numbers <- i
		}
	}()
	var two []int
	for number := range received(numbers) {
		if two = append(two, number); len(two) == 2 {
			break
		}
	}
	fmt.Println("The first two:", list(two))
	fmt.Println("The rest:", list(slices.Collect(received(numbers))))

	powers := func(yield func(int) bool) {
		for i := 1; yield(i); i *= 2 {
		}
	}
	for power := range powers {
		if power > 1000 {
			fmt.Println("The first power of two above 1000:", power)
			break // ends the endless iterator
		}
	}
}

// What can fail half-way yields an error beside each value.
func publishers() {
	words := make(chan string, 3)
	words <- "one"
	words <- "two"
	close(words)
	fmt.Println("Published:", strings.Join(slices.Collect(received(words)), ", "))

	var broken iter.Seq2[string, error] = func(yield func(string, error) bool) {
		yield("", errors.New("connection reset"))
	}
	for _, err := range broken {
		if err != nil {
			fmt.Println("The publisher failed:", err)
		}
	}
}

func main() {
	executors()
	streams()
	publishers()
}
