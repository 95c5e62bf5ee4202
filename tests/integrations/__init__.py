"""Sessions in other libraries, over real HTTP."""
