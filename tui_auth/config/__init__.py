"""The configuration: which user pool a command uses, and where that is specified."""
