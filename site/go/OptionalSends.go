package main

import "fmt"

// A queue without a limit between two channels
func relay(in <-chan int, out chan<- int) {
	var queue []int
	for in != nil || len(queue) > 0 {
		var send chan<- int // nil, so never ready
		var first int
		if len(queue) > 0 {
			send, first = out, queue[0]
		}
		select {
		case value, ok := <-in:
			if ok {
				queue = append(queue, value)
			} else {
				in = nil
			}
		case send <- first:
			queue = queue[1:]
		}
	}
	close(out)
}

func main() {
	in := make(chan int)
	out := make(chan int)
	go relay(in, out)

	for i := 1; i <= 3; i++ {
		in <- i // Nobody receives yet, and this does not block
	}
	close(in)
	for value := range out {
		fmt.Println(value)
	}
}
