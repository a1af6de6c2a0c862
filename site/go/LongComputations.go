package main

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
)

// Go preempts a goroutine that computes for more than 10 ms.
func main() {
	processors := runtime.GOMAXPROCS(0)
	end := time.Now().Add(2 * time.Second) // A limit in case they are not interrupted
	var computing atomic.Int32
	var heard atomic.Bool
	result := make(chan string, 1)

	for range processors {
		go func() {
			if computing.Add(1) == int32(processors) {
				// Every processor is busy: this one queues behind us
				go func() {
					waited := computing.Load() < int32(processors)
					heard.Store(true)
					if waited {
						result <- "when one had ended"
					} else {
						result <- "while they computed"
					}
				}()
			}
			for !heard.Load() && time.Now().Before(end) {
			}
			computing.Add(-1)
		}()
	}

	fmt.Println("Computing on every processor")
	fmt.Println("The goroutine behind them ran", <-result)
}
