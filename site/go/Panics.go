package main

import (
	"fmt"
	"time"
)

// A panic that a goroutine lets out ends the whole program.
func main() {
	go func() {
		panic("the thread broke")
	}()

	time.Sleep(24 * time.Hour)
	fmt.Println("Never printed")
}
