package main

import "fmt"

func sendMessage(ch chan<- string) {
	ch <- "Hello from a goroutine!" // Send a message to the channel
}

func main() {
	// Create a new channel of type string
	ch := make(chan string)

	// Forgotten: no goroutine is started to send a message
	// go sendMessage(ch)

	// Receive the message from the channel: BLOCKS the main goroutine
	msg := <-ch
	fmt.Println(msg) // Never printed
}
