package main

import (
	"context"
	"fmt"
	"time"
)

func slowly(ctx context.Context) (string, error) {
	select {
	case <-time.After(time.Second):
		return "late", nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func main() {
	// One operation: the caller stops waiting
	answers := make(chan string)
	select {
	case <-answers:
	case <-time.After(100 * time.Millisecond):
		fmt.Println("chan receive: timed out after 0.1s")
	}

	// A goroutine: it continues when the caller stops waiting, unless it is cancelled
	ctx, cancel := context.WithCancel(context.Background())
	answer := make(chan string, 1)
	go func() {
		text, _ := slowly(ctx)
		answer <- text
	}()
	select {
	case text := <-answer:
		fmt.Println(text)
	case <-time.After(100 * time.Millisecond):
		cancel()
		fmt.Println("The goroutine was cancelled")
	}

	// Everything that happens in a block, wherever the context is passed on to
	ctx, cancel = context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_, err := slowly(ctx)
	fmt.Println("The work has ended:", err)
}
