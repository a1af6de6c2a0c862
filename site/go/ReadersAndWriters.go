package main

import (
	"fmt"
	"sync"
)

var (
	mutex  sync.RWMutex
	colour = "blue"
)

func read(id int, inside *sync.WaitGroup) {
	mutex.RLock()
	defer mutex.RUnlock()
	inside.Done()
	inside.Wait() // All readers hold the lock at this moment
	fmt.Println("Reader", id, "sees", colour)
}

func paint(wanted string) {
	mutex.Lock() // Alone: neither readers nor other writers
	defer mutex.Unlock()
	colour = wanted
	fmt.Println("Writer paints it", colour)
}

func main() {
	var readers sync.WaitGroup
	for _, next := range []string{"red", "green"} {
		var inside sync.WaitGroup
		inside.Add(3)
		for id := range 3 {
			readers.Add(1)
			go func() {
				defer readers.Done()
				read(id, &inside)
			}()
		}
		inside.Wait()
		paint(next) // Waits for the readers to leave
		readers.Wait()
	}
}
