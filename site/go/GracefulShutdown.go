package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Sends one request, and then waits for more
func accept(ctx context.Context, requests chan<- string) {
	defer close(requests)
	defer fmt.Println("No more requests")
	requests <- "request 1"
	select {
	case <-time.After(24 * time.Hour):
	case <-ctx.Done():
	}
}

func handle(request string) {
	fmt.Println("Handling", request)
	syscall.Kill(os.Getpid(), syscall.SIGTERM) // As docker stop or Kubernetes does
	time.Sleep(200 * time.Millisecond)
	fmt.Println("Handled", request)
}

func main() {
	shutdown, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	requests := make(chan string)

	// It has to look at the context
	go accept(shutdown, requests)

	// Not under the context, so that it finishes what has been accepted
	done := make(chan struct{})
	go func() {
		defer close(done)
		for request := range requests {
			handle(request)
		}
	}()

	<-done
	fmt.Println("Ended by SIGTERM") // the only signal that it asked for
}
