package main

func addExtensions() {}
