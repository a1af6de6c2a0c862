package main

import "fmt"

// break leaves the select, unless it names the loop.
func work(jobs <-chan int, quit <-chan string) string {
loop:
	for {
		select {
		case number, ok := <-jobs:
			if !ok {
				break loop // The channel is closed
			}
			if number%2 != 0 {
				continue // Odd jobs are left to others
			}
			fmt.Println("Doing job", number)
		case <-quit:
			return "Told to quit"
		}
	}
	return "Out of jobs"
}

func main() {
	jobs := make(chan int)
	quit := make(chan string)
	go func() {
		jobs <- 1
		jobs <- 2
		quit <- "now"
		jobs <- 3
		jobs <- 4
		close(jobs)
	}()

	fmt.Println(work(jobs, quit))
	fmt.Println(work(jobs, quit))
}
