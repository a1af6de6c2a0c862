package main

import (
	"context"
	"fmt"
	"sync"
)

// Only channels can be cases, so what is to be selected on has to be a channel.
var (
	mutex   = make(chan struct{}, 1) // locked while it is full
	permits = make(chan struct{}, 1)
	workers = new(sync.WaitGroup)
	answer  = make(chan string)
)

func first(ctx context.Context) string {
	waited := make(chan struct{})
	go func(wg *sync.WaitGroup) { // stays behind if another case is chosen
		wg.Wait()
		close(waited)
	}(workers)
	select {
	case mutex <- struct{}{}:
		return "Locked the mutex"
	case permits <- struct{}{}:
		return "Acquired a permit"
	case <-waited:
		return "All workers are done"
	case text := <-answer:
		return text
	case <-ctx.Done():
		return "The context is done"
	}
}

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	mutex <- struct{}{}
	permits <- struct{}{}
	workers.Add(1)

	go func() { <-mutex }()
	fmt.Println(first(ctx))

	go func() { <-permits }()
	fmt.Println(first(ctx))

	go func() { workers.Done() }()
	fmt.Println(first(ctx))
	workers = new(sync.WaitGroup) // goroutines may still wait for the first one
	workers.Add(1)

	go func() { answer <- "The JDK's future is complete" }() // here a channel
	fmt.Println(first(ctx))

	go cancel()
	fmt.Println(first(ctx))
}
