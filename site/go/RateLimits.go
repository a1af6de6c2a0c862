package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/time/rate"
)

func main() {
	// One request every 100 ms, two at once after a pause
	limiter := rate.NewLimiter(rate.Every(100*time.Millisecond), 2)
	for i := 1; i <= 4; i++ {
		limiter.Wait(context.Background())
		fmt.Println("Request", i)
	}

	// A place in the queue, with the time to wait for it
	reservation := limiter.Reserve()
	select {
	case <-time.After(reservation.Delay()):
		fmt.Println("It is our turn.")
	case <-time.After(30 * time.Second):
		fmt.Println("Too long!")
	}
}
