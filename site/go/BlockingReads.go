package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// A read knows nothing of a context. Somebody has to set the deadline of the connection when the
// context ends.
func main() {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer server.Close()
	client, err := net.Dial("tcp", server.Addr().String())
	if err != nil {
		panic(err)
	}
	defer client.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { client.SetReadDeadline(time.Now()) })
	defer stop()

	done := make(chan struct{})
	go func() {
		defer close(done)
		fmt.Println("Reading from a server that says nothing")
		if _, err := client.Read(make([]byte, 1)); err != nil {
			fmt.Println("The read has ended.")
		}
	}()

	<-done
	fmt.Println("The deadline is over:", errors.Is(ctx.Err(), context.DeadlineExceeded))
}
