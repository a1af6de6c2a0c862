package main

import (
	"fmt"
	"time"
)

func main() {
	ticker := time.NewTicker(50 * time.Millisecond)
	for i := 1; i <= 3; i++ {
		<-ticker.C
		fmt.Println("Tick", i)
	}

	ticker.Stop() // Does not close it, so that a receiver does not mistake the end for a tick
	select {
	case <-ticker.C:
		fmt.Println("Another tick")
	case <-time.After(150 * time.Millisecond):
		fmt.Println("No more ticks")
	}
}
