package main

import "fmt"

// Go's select has no order: one select prefers, and another takes the rest.
func main() {
	urgent := make(chan string, 2)
	normal := make(chan string, 2)
	for i := 1; i <= 2; i++ {
		normal <- fmt.Sprint("normal ", i)
		urgent <- fmt.Sprint("urgent ", i)
	}

	for i := 1; i <= 5; i++ {
		select {
		case message := <-urgent:
			fmt.Println(message)
			continue
		default:
		}
		select {
		case message := <-normal:
			fmt.Println(message)
		default:
			fmt.Println("nothing left")
		}
	}
}
