package main

import "fmt"

func produce(squares chan<- int) {
	for i := 1; i <= 5; i++ {
		squares <- i * i
	}
	close(squares) // No more values will be sent
}

func main() {
	squares := make(chan int, 2) // Two sends do not wait for a receiver

	go produce(squares)

	for n := range squares {
		fmt.Println(n)
	}

	v, ok := <-squares // closed and drained is not ok
	fmt.Println("Then:", v, ok)
}
