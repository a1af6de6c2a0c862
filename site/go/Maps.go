package main

import (
	"fmt"
	"sync"
)

func main() {
	var ages sync.Map
	var wg sync.WaitGroup

	// Goroutines write disjoint sets of keys
	for _, name := range []string{"Ada", "Bob", "Cleo"} {
		wg.Add(1)
		go func() {
			defer wg.Done()
			ages.Store(name, 10*len(name))
		}()
	}
	wg.Wait()

	age, _ := ages.Load("Cleo")
	none, ok := ages.Load("Dan")
	fmt.Println("Load:", age, none, ok)

	actual, loaded := ages.LoadOrStore("Ada", 99)
	added, was := ages.LoadOrStore("Dan", 50)
	fmt.Println("LoadOrStore:", actual, loaded, added, was)

	value, deleted := ages.LoadAndDelete("Bob")
	again, isThere := ages.LoadAndDelete("Bob")
	fmt.Println("LoadAndDelete:", value, deleted, again, isThere)

	fmt.Println("CompareAndSwap:", ages.CompareAndSwap("Ada", 30, 31), ages.CompareAndSwap("Ada", 30, 32))

	fmt.Println("CompareAndDelete:", ages.CompareAndDelete("Ada", 30), ages.CompareAndDelete("Ada", 31))

	ages.Range(func(name, age any) bool {
		fmt.Println("Range:", name, "is", age)
		return true
	})

	ages.Clear()
	size := 0
	ages.Range(func(any, any) bool { size++; return true })
	fmt.Println("Clear:", size)
}
