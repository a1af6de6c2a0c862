package main

import (
	"fmt"
	"sync"
)

var answer = sync.OnceValue(compute)

func compute() int {
	fmt.Println("Computing...")
	return 6 * 7
}

func main() {
	var wg sync.WaitGroup
	for id := 0; id < 3; id++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			fmt.Println("Goroutine", id, "got", answer())
		}()
	}
	wg.Wait()
}
