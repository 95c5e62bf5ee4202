"""Mutation testing: find small changes to the program that no fast test detects."""
