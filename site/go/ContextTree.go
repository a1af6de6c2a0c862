package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

type key string

const user key = "user"

func query(ctx context.Context, table string, wg *sync.WaitGroup) {
	<-ctx.Done()
	fmt.Printf("%s of %s: %v\n", table, ctx.Value(user), context.Cause(ctx))
	wg.Done()
}

func main() {
	root := context.WithValue(context.Background(), user, "Ada")
	page, cancel := context.WithCancelCause(root)
	orders, cancelOrders := context.WithCancel(page)
	defer cancelOrders()
	invoices, cancelInvoices := context.WithCancel(page)
	defer cancelInvoices()
	audit, cancelAudit := context.WithCancel(root)
	defer cancelAudit()

	var wg sync.WaitGroup
	wg.Add(2)
	go query(orders, "orders", &wg)
	go query(invoices, "invoices", &wg)

	// Cancelling a context cancels what is below it, and nothing else
	cancel(errors.New("the user went away"))
	wg.Wait()
	if audit.Err() != nil {
		fmt.Println("audit: done, too")
	} else {
		fmt.Println("audit: continues")
	}
}
