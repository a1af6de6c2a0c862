package main

import (
	"fmt"
	"sync"
	"time"
)

type account struct {
	balance int
}

func (a *account) pay(amount int) {
	a.balance += amount
}

// The result is right, and yet it is a race: time orders nothing. go run -race DataRaces.go
// reports it.
func main() {
	var a account
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		defer wg.Done()
		a.pay(10)
	}()
	time.Sleep(100 * time.Millisecond) // instead of waiting for the first
	go func() {
		defer wg.Done()
		a.pay(10)
	}()
	wg.Wait()
	fmt.Println("Balance:", a.balance)
}
