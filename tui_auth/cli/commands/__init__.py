"""The commands. Each is a module with ``add_arguments(parser)`` and ``run(arguments)``."""
