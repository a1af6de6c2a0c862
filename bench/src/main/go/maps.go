package main

func addMaps() {}
