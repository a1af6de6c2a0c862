package main

import (
	"fmt"
	"runtime"
	"time"
)

func firstResult() string {
	ch1 := make(chan string)
	ch2 := make(chan string)

	go func() {
		time.Sleep(time.Second)
		ch1 <- "result from ch1" // Nobody receives it: BLOCKS for ever
	}()

	go func() {
		ch2 <- "result from ch2"
	}()

	select {
	case msg1 := <-ch1:
		return "Received: " + msg1
	case msg2 := <-ch2:
		return "Received: " + msg2
	}
}

func main() {
	fmt.Println(firstResult())

	// Go says nothing: the goroutine is there for as long as the program
	time.Sleep(2 * time.Second)
	fmt.Println("Goroutines:", runtime.NumGoroutine())
}
