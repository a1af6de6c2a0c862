package main

import (
	"fmt"
	"time"
)

func main() {
	// A timer has a channel
	timer := time.NewTimer(100 * time.Millisecond)
	<-timer.C
	fmt.Println("The timer has expired.")

	// Stopped in time, it yields nothing
	timer.Reset(time.Minute)
	fmt.Println("Stopped in time:", timer.Stop())
	select {
	case <-timer.C:
		fmt.Println("expired")
	default:
		fmt.Println("nothing")
	}

	bell := make(chan string)
	alarm := time.AfterFunc(time.Minute, func() { bell <- "Ring!" })
	alarm.Reset(100 * time.Millisecond) // Sooner, please
	fmt.Println(<-bell)
}
