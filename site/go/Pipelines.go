// The pipelines in Go: compare them with Pipelines.java, which prints the same.
package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

func slowSquare(n int) int {
	time.Sleep(10 * time.Millisecond)
	return n * n
}

// generate sends the numbers from first to last, or until the context is done.
func generate(ctx context.Context, stages *sync.WaitGroup, first, last int) <-chan int {
	out := make(chan int)
	stages.Add(1)
	go func() {
		defer stages.Done()
		defer close(out)
		for n := first; n <= last; n++ {
			select {
			case out <- n:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// mapInOrder starts a number of goroutines that apply f. Each result has a channel of its own, and
// the channels are sent in the order of the input.
func mapInOrder(ctx context.Context, stages *sync.WaitGroup, in <-chan int, workers int, f func(int) int) <-chan int {
	results := make(chan chan int, workers-1) // one more waits to be sent
	stages.Add(2)
	go func() {
		defer stages.Done()
		defer close(results)
		for n := range in {
			result := make(chan int, 1)
			select {
			case results <- result:
			case <-ctx.Done():
				return
			}
			stages.Add(1)
			go func() {
				defer stages.Done()
				result <- f(n)
			}()
		}
	}()
	out := make(chan int)
	go func() {
		defer stages.Done()
		defer close(out)
		for result := range results {
			select {
			case out <- <-result:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

func main() {
	// Each stage has its goroutines, connected by channels, and all end together
	ctx, cancel := context.WithCancel(context.Background())
	var stages sync.WaitGroup
	sum := 0
	for square := range mapInOrder(ctx, &stages, generate(ctx, &stages, 1, 5), 3, slowSquare) {
		fmt.Println("Square:", square)
		sum += square
	}
	cancel()
	stages.Wait()
	fmt.Println("Sum:", sum)

	// The body may stop receiving: a stage without an end is then cancelled
	ctx, cancel = context.WithCancel(context.Background())
	endless := generate(ctx, &stages, 1, int(^uint(0)>>1))
	fmt.Println("First:", <-endless)
	fmt.Println("Second:", <-endless)
	cancel()
	stages.Wait()
	fmt.Println("Nothing is left running.")
}
