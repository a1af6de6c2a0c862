package main

func addTimes() {}
