package main

func addOthers() {}
