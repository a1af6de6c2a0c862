package main

import (
	"fmt"
	"runtime"
	"time"
)

func resultOrTimeout() string {
	ch := make(chan string) // With room for one message, make(chan string, 1), nothing leaks

	go func() {
		time.Sleep(3 * time.Second)   // Simulate a delay
		ch <- "Hello from goroutine!" // Nobody waits any more: BLOCKS for ever
	}()

	select {
	case msg := <-ch:
		return "Received: " + msg
	case <-time.After(2 * time.Second):
		return "Timeout! No message received."
	}
}

func main() {
	fmt.Println(resultOrTimeout())

	// Go says nothing: the goroutine is there for as long as the program
	time.Sleep(2 * time.Second)
	fmt.Println("Goroutines:", runtime.NumGoroutine())
}
