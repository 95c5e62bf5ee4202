"""Mutation testing: small changes of the program that no fast test notices."""
