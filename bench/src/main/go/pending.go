package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	samples  = 1_000
	workTime = 100 * time.Microsecond
)

// pendingTimers has many timers pending at once: see io.heddle.bench.peer.TimerFigures.
func pendingTimers(n int) string {
	procs := runtime.GOMAXPROCS(0)
	part := n / procs
	timers := make([]*time.Timer, part*procs)
	before := residentNow()
	each := func(body func(i int, delay time.Duration)) int64 {
		start := time.Now()
		inEachProcessor(procs, func(p int) {
			random := uint64(p + 1)
			for i := p * part; i < (p+1)*part; i++ {
				random = random*6364136223846793005 + 1442695040888963407
				body(i, time.Hour+time.Duration(random>>33)*time.Microsecond)
			}
		})
		return time.Since(start).Nanoseconds() / int64(len(timers))
	}
	starting := each(func(i int, delay time.Duration) { timers[i] = time.AfterFunc(delay, nothing) })
	resetting := each(func(i int, delay time.Duration) { timers[i].Reset(delay) })
	bytes := (residentNow() - before) / len(timers)
	idle := lateness()
	stop := fullLoad(procs)
	busy := lateness()
	stop()
	stopping := each(func(i int, delay time.Duration) {
		if !timers[i].Stop() {
			panic("a timer has fired too early")
		}
	})
	due := time.Now().Add(500*time.Millisecond + time.Duration(n)*4*time.Microsecond)
	var fired sync.WaitGroup
	fired.Add(len(timers))
	each(func(i int, _ time.Duration) { timers[i] = time.AfterFunc(time.Until(due), fired.Done) })
	if time.Now().After(due) {
		panic("the timers took too long to start")
	}
	fired.Wait()
	firing := time.Since(due).Nanoseconds() / int64(len(timers))
	return fmt.Sprint("timers ", n, " ", starting, " ", resetting, " ", stopping, " ", firing, " ", bytes, " ", idle, " ", busy)
}

func residentNow() int {
	debug.FreeOSMemory()
	return resident()
}

// lateness lets timers fire, one per millisecond: the mean, the 99th percentile and the maximum.
func lateness() string {
	late := make([]int64, samples)
	var fired sync.WaitGroup
	fired.Add(samples)
	start := time.Now()
	for i := range late {
		due := time.Duration(10+i) * time.Millisecond
		time.AfterFunc(due-time.Since(start), func() {
			late[i] = (time.Since(start) - due).Nanoseconds()
			fired.Done()
		})
	}
	fired.Wait()
	slices.Sort(late)
	sum := int64(0)
	for _, one := range late {
		sum += one
	}
	return fmt.Sprint(sum/samples, " ", late[samples*99/100], " ", late[samples-1])
}

// fullLoad starts goroutines that compute and goroutines that communicate on every processor.
func fullLoad(procs int) (stop func()) {
	var stopped atomic.Bool
	end := time.Now().Add(5 * time.Second)
	var ended sync.WaitGroup
	start := func(body func()) {
		ended.Add(1)
		go func() {
			defer ended.Done()
			body()
		}()
	}
	for range procs {
		start(func() {
			for !stopped.Load() && time.Now().Before(end) {
				spin(workTime)
				runtime.Gosched()
			}
		})
		c := make(chan int)
		start(func() {
			for !stopped.Load() && time.Now().Before(end) {
				c <- 1
			}
			close(c)
		})
		start(func() {
			for range c {
			}
		})
	}
	return func() {
		stopped.Store(true)
		ended.Wait()
	}
}
