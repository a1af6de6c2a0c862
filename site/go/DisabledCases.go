package main

import "fmt"

func count(from, to int, out chan<- int) {
	for i := from; i <= to; i++ {
		out <- i
	}
	close(out)
}

// Merges two channels until both are closed.
func main() {
	units := make(chan int)
	tens := make(chan int)
	go count(1, 3, units)
	go count(11, 13, tens)

	for units != nil || tens != nil {
		select {
		case value, ok := <-units:
			if !ok {
				units = nil // A nil channel is never ready
				continue
			}
			fmt.Println(value)
		case value, ok := <-tens:
			if !ok {
				tens = nil
				continue
			}
			fmt.Println(value)
		}
	}
	fmt.Println("Both are closed.")
}
