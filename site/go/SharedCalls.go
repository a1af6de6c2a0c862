package main

import (
	"fmt"
	"sync"

	"golang.org/x/sync/singleflight"
)

var (
	lookups singleflight.Group
	asking  sync.WaitGroup
)

func lookUp(city string) (any, error) {
	fmt.Println("Looking up", city)
	asking.Wait() // Slow: waits until all have called
	return 21, nil
}

func main() {
	var calls []<-chan singleflight.Result
	asking.Add(1)
	for i := 0; i < 3; i++ {
		calls = append(calls, lookups.DoChan("Oslo", func() (any, error) { return lookUp("Oslo") }))
	}
	asking.Done()

	for _, call := range calls {
		result := <-call
		fmt.Println("It is", result.Val.(int), "degrees, shared:", result.Shared)
	}
}
