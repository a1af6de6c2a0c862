package main

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
)

const (
	hits     = 1023
	misses   = 1
	balanced = 128
)

func addMap(name string, prefilled int, op func(m *sync.Map, i int)) {
	add(name, func(r *Round) {
		m := new(sync.Map)
		for i := range prefilled {
			m.Store(i, i)
		}
		var goroutines atomic.Int64
		r.resetTimer()
		r.runParallel(func(s *Share) {
			i := int(goroutines.Add(1)-1) * r.N & 0x3FFFFFFF
			for s.next() {
				op(m, i)
				i++
			}
		})
	})
}

func addMaps() {
	const all = hits + misses
	addMap("MapLoadMostlyHits", hits, func(m *sync.Map, i int) { m.Load(i % all) })
	addMap("MapLoadMostlyMisses", misses, func(m *sync.Map, i int) { m.Load(i % all) })
	addMap("MapLoadOrStoreBalanced", balanced, func(m *sync.Map, i int) {
		if j := i % (2 * balanced); j < balanced {
			m.LoadOrStore(j, i)
		} else {
			m.LoadOrStore(i, i)
		}
	})
	addMap("MapLoadOrStoreUnique", 0, func(m *sync.Map, i int) { m.LoadOrStore(i, i) })
	addMap("MapLoadOrStoreCollision", 1, func(m *sync.Map, i int) { m.LoadOrStore(0, 0) })
	addMap("MapLoadAndDeleteBalanced", balanced, func(m *sync.Map, i int) {
		if j := i % (2 * balanced); j < balanced {
			m.LoadAndDelete(j)
		} else {
			m.LoadAndDelete(i)
		}
	})
	addMap("MapLoadAndDeleteUnique", 0, func(m *sync.Map, i int) { m.LoadAndDelete(i) })
	addMap("MapLoadAndDeleteCollision", 1, func(m *sync.Map, i int) {
		if _, loaded := m.LoadAndDelete(0); loaded {
			m.Store(0, 0)
		}
	})
	addMap("MapRange", 1<<10, func(m *sync.Map, i int) {
		m.Range(func(key, value any) bool { return true })
	})
	addMap("MapDeleteCollision", 1, func(m *sync.Map, i int) { m.Delete(0) })
	addMap("MapSwapCollision", 1, func(m *sync.Map, i int) { m.Swap(0, 0) })
	swap := func(present int) func(*sync.Map, int) {
		return func(m *sync.Map, i int) {
			if i%all < present {
				m.Swap(i%all, i%all)
			} else {
				m.Swap(i, i)
				m.Delete(i)
			}
		}
	}
	addMap("MapSwapMostlyHits", hits, swap(hits))
	addMap("MapSwapMostlyMisses", misses, swap(misses))
	addMap("MapCompareAndSwapCollision", 1, func(m *sync.Map, i int) {
		if m.CompareAndSwap(0, 0, 42) {
			m.CompareAndSwap(0, 42, 0)
		}
	})
	addMap("MapCompareAndSwapNoExistingKey", 0, func(m *sync.Map, i int) { m.CompareAndSwap(i, 0, 0) })
	addMap("MapCompareAndSwapValueNotEqual", 1, func(m *sync.Map, i int) { m.CompareAndSwap(0, 1, 2) })
	addMap("MapCompareAndDeleteCollision", 1, func(m *sync.Map, i int) {
		if m.CompareAndDelete(0, 0) {
			m.Store(0, 0)
		}
	})
	index := func(i, present int) int {
		if i%all < present {
			return i % all
		}
		return i
	}
	compareAndSwap := func(present int) func(*sync.Map, int) {
		return func(m *sync.Map, i int) {
			v := index(i, present)
			m.CompareAndSwap(v, v, v)
		}
	}
	compareAndDelete := func(present int) func(*sync.Map, int) {
		return func(m *sync.Map, i int) {
			v := index(i, present)
			if m.CompareAndDelete(v, v) {
				m.Store(v, v)
			}
		}
	}
	addMap("MapCompareAndSwapMostlyHits", hits, compareAndSwap(hits))
	addMap("MapCompareAndSwapMostlyMisses", misses, compareAndSwap(misses))
	addMap("MapCompareAndDeleteMostlyHits", hits, compareAndDelete(hits))
	addMap("MapCompareAndDeleteMostlyMisses", misses, compareAndDelete(misses))
	addMap("MapAdversarialDelete", 1<<10, func(m *sync.Map, i int) {
		m.Load(i)
		if i%(1<<10) == 0 {
			m.Range(func(key, value any) bool {
				m.Delete(key)
				return false
			})
			m.Store(i, i)
		}
	})
	add("MapAdversarialAlloc", func(r *Round) {
		m := new(sync.Map)
		var goroutines atomic.Int64
		r.runParallel(func(s *Share) {
			i := int(goroutines.Add(1)-1) * r.N & 0x3FFFFFFF
			stores, loadsSinceStore := 0, 0
			for ; s.next(); i++ {
				m.Load(i)
				if loadsSinceStore++; loadsSinceStore > stores {
					m.LoadOrStore(i, stores)
					loadsSinceStore = 0
					stores++
				}
			}
		})
	})
	addMap("MapClear", 0, func(m *sync.Map, i int) {
		m.Clear()
		m.Store(i%256, i%256)
	})
	add("ValueRead", func(r *Round) {
		var value atomic.Value
		value.Store(new(int))
		r.runParallel(func(s *Share) {
			for s.next() {
				if *value.Load().(*int) != 0 {
					panic("another value")
				}
			}
		})
	})
	for _, size := range []int{128, 131_072} {
		add(fmt.Sprint("HashTrieMapLoadOrStore/", size), func(r *Round) {
			keys := binaries(size)
			var m sync.Map
			r.resetTimer()
			r.runParallel(func(s *Share) {
				i := 0
				for s.next() {
					m.LoadOrStore(keys[i], i)
					if i++; i == size {
						i = 0
					}
				}
			})
		})
	}
	for _, size := range []int{8, 128, 131_072} {
		add(fmt.Sprint("HashTrieMapLoad/", size), func(r *Round) {
			keys := binaries(size)
			var m sync.Map
			for i := range keys {
				m.Store(keys[i], i)
			}
			r.resetTimer()
			r.runParallel(func(s *Share) {
				i := 0
				for s.next() {
					if _, ok := m.Load(keys[i]); !ok {
						panic("a key is missing")
					}
					if i++; i == size {
						i = 0
					}
				}
			})
		})
	}
}

func binaries(size int) []string {
	keys := make([]string, size)
	for i := range keys {
		keys[i] = strconv.FormatInt(int64(i), 2)
	}
	return keys
}
