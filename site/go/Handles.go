package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// The go statement returns nothing: each question to a goroutine costs a channel.
type handle struct {
	name   string
	cancel context.CancelFunc
	done   chan struct{}
	err    error // once done is closed
}

func start(name string, task func(context.Context) error) *handle {
	ctx, cancel := context.WithCancel(context.Background())
	h := &handle{name: name, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(h.done)
		h.err = task(ctx)
	}()
	return h
}

func main() {
	quick := start("quick", func(context.Context) error {
		fmt.Println("Quick work")
		return nil
	})
	slow := start("slow", func(ctx context.Context) error {
		select {
		case <-time.After(24 * time.Hour):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})

	// Which of them ends first?
	select {
	case <-quick.done:
		fmt.Println(quick.name, "has ended.")
	case <-slow.done:
		fmt.Println(slow.name, "has ended.")
	}

	// Nobody has to wait for the other
	slow.cancel()
	<-slow.done
	fmt.Println(slow.name, "was interrupted:", errors.Is(slow.err, context.Canceled))
}
