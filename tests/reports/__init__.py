"""One test for each bug report that was tried, named after the kind of fault.

To add a report: find the module of its area (``test_terminal.py``: the terminal, signals and processes;
``test_secrets.py``: where a secret may not get). Write a test that does what the report says, with the real
program, and name it ``test_KIND_what_is_right``. KIND is the letter and number of the kind, such as ``t2``;
a report of a new kind takes the next number of its letter. See it fail before the fix. A kind whose tests
already are elsewhere needs none here; cite it in the module's docstring.

``SharedTerminal`` in ``conftest.py`` runs shell commands in which ``tui-auth`` is the program and ``$POOL``
its flags.
"""
