"""The guards that SECURITY.md stands on: where each is, how it is taken out, and the test that then fails."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Guard:
    """One guard: ``text`` stands once in ``file``; with ``without`` in its place, ``test`` fails.

    ``file`` is below ``tui_auth``, ``test`` a pytest node below ``tests``.
    """

    keeps: str
    file: str
    text: str
    without: str
    test: str


SCREENS = "canary/test_every_screen.py::"
ENDINGS = "canary/test_every_ending.py::"
COMMANDS = "canary/test_every_command.py::"
OBJECTS = "canary/test_objects.py::"
FILES = "session/test_private_files.py::"

GUARDS = (
    # -- what is typed
    Guard(
        "a password shows as bullets",
        "widgets/secret_input.py",
        "super().__init__(value, password=True, id=id)",
        "super().__init__(value, password=False, id=id)",
        "widgets/test_secret_input.py::test_it_shows_bullets_until_it_is_revealed_and_again_when_concealed",
    ),
    Guard(
        "a password is not given to who copies the selection",
        "widgets/secret_input.py",
        'return ""',
        "return super().selected_text",
        "widgets/test_secret_input.py::test_dragging_the_mouse_over_it_selects_nothing_anyone_can_read",
    ),
    Guard(
        "a password is cut to nowhere",
        "widgets/secret_input.py",
        "        self.delete_selection()",
        "        super().action_cut()",
        "widgets/test_secret_input.py::test_no_key_gives_it_to_the_clipboard",
    ),
    Guard(
        "a password hides when the focus leaves",
        "widgets/secret_input.py",
        "    def _on_blur(self, event: events.Blur) -> None:\n        self.conceal()",
        "    def _on_blur(self, event: events.Blur) -> None:\n        pass",
        "widgets/test_secret_input.py::test_it_hides_when_the_focus_leaves",
    ),
    Guard(
        "a field forgets what was typed when it goes",
        "widgets/secret_input.py",
        'self.set_reactive(Input.value, "")',
        "pass",
        "canary/test_objects.py::test_once_the_next_step_shows_nothing_of_the_screens_keeps_the_password",
    ),
    Guard(
        "no message carries what is typed",
        "widgets/field.py",
        "        if isinstance(message, (Input.Changed, Input.Submitted, Input.Blurred)):\n            return False\n",
        "",
        "widgets/test_text_input.py::test_no_message_carries_what_was_typed",
    ),
    Guard(
        "a password that is shown hides when it is sent",
        "screens/form_screen.py",
        "        for secret in self.query(SecretInput):\n            secret.conceal()\n        message",
        "        message",
        SCREENS + "test_passwords_that_were_shown_hide_when_they_are_sent",
    ),
    Guard(
        "line prompts do not echo",
        "terminal/lines.py",
        "silent[3] &= ~termios.ECHO",
        "pass",
        "journeys/test_plain.py::test_a_password_is_not_echoed_and_a_wrong_one_asks_again",
    ),
    Guard(
        "line prompts are silent again between two prompts",
        "terminal/lines.py",
        "        finally:\n            self._set(self._silent)",
        "        finally:\n            pass",
        "faults/test_terminal.py::test_line_prompts_show_nothing_of_what_is_typed_while_cognito_is_asked",
    ),
    Guard(
        "half a password is not left for the shell",
        "terminal/lines.py",
        "termios.tcsetattr(terminal, termios.TCSAFLUSH, before)",
        "termios.tcsetattr(terminal, termios.TCSADRAIN, before)",
        ENDINGS + "test_a_password_half_typed_is_not_left_for_the_shell",
    ),
    # -- what comes out
    Guard(
        "a Secret does not print itself",
        "secret.py",
        'return "Secret(…)"',
        "return repr(self.reveal())",
        "test_secret.py::test_it_is_not_in_a_log_record",
    ),
    Guard(
        "a Secret is not pickled",
        "secret.py",
        'raise TypeError("a Secret is not pickled")',
        "return (Secret, (self.reveal(),))  # type: ignore[return-value]",
        "test_secret.py::test_it_is_not_pickled_or_kept_in_attributes_by_name",
    ),
    Guard(
        "botocore's debug log stays off",
        "auth/gateway.py",
        "logging.getLogger(name).setLevel(logging.WARNING)",
        "pass",
        "auth/test_gateway.py::test_nothing_is_printed_at_debug",
    ),
    Guard(
        "Textual gets none of its variables",
        "terminal/environment.py",
        "    for name in removed:\n        del environ[name]\n",
        "",
        SCREENS + "test_what_is_typed_on_the_way_to_the_tokens_stays_in_the_program[sam]",
    ),
    Guard(
        "no core file",
        "terminal/environment.py",
        "resource.setrlimit(resource.RLIMIT_CORE, (0, hard))",
        "pass",
        ENDINGS + "test_while_it_runs_no_core_file_can_be_written",
    ),
    Guard(
        "no other process of the user attaches",
        "terminal/environment.py",
        "ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)",
        "pass",
        ENDINGS + "test_while_it_runs_no_core_file_can_be_written",
    ),
    Guard(
        "a crash shows no values",
        "terminal/full_screen.py",
        "        self._close_messages_no_wait()",
        "        super()._fatal_error()",
        OBJECTS + "test_a_fault_makes_no_picture_of_the_variables_around_it",
    ),
    Guard(
        "a forgotten task's error is not logged",
        "terminal/full_screen.py",
        "loop.set_exception_handler(lambda loop, context: None)",
        "pass",
        ENDINGS + "test_a_fault[a task that is forgotten]",
    ),
    Guard(
        "an uncaught error is reported without its message",
        "terminal/crash.py",
        "    sys.excepthook = in_main_thread\n",
        "",
        "terminal/test_terminal_crash.py::test_an_uncaught_exception_is_reported_so_in_every_thread",
    ),
    Guard(
        "nor is that of a thread",
        "terminal/crash.py",
        "    threading.excepthook = in_thread\n",
        "",
        ENDINGS + "test_a_fault_in_lines[a thread]",
    ),
    Guard(
        "nor that of an object's end",
        "terminal/crash.py",
        "    sys.unraisablehook = unraisable",
        "    pass",
        ENDINGS + "test_a_fault_in_lines[an object's end]",
    ),
    Guard(
        "the palette writes no screen to a file",
        "app.py",
        '        yield SystemCommand("Theme"',
        '        yield from super().get_system_commands(screen)\n        yield SystemCommand("Theme"',
        SCREENS + "test_the_palette_runs_nothing_that_keeps_what_a_screen_shows",
    ),
    Guard(
        "a clipboard tool gets the text on its stdin",
        "terminal/clipboard.py",
        "            [program, *command[1:]],",
        "            [program, *command[1:], data.decode()],",
        "terminal/test_terminal_clipboard.py::test_a_tool_that_fits_gets_the_text_on_its_stdin_alone",
    ),
    Guard(
        "the wire takes no value for a name",
        "auth/wire.py",
        "return text if isinstance(text, str) and _NAME.fullmatch(text) else UNREADABLE",
        "return str(text)",
        "auth/test_wire.py::test_a_refused_name_that_is_no_name_is_not_repeated",
    ),
    Guard(
        "the wire masks a destination that is not",
        "auth/wire.py",
        'return f"***{text[-4:]}" if len(text) >= UNMASKED_TWICE else "***"',
        "return text",
        "auth/test_wire.py::test_a_destination_stands_there_masked_even_where_the_server_did_not",
    ),
    # -- what is kept
    Guard(
        "a session's file is 0600 whatever the umask",
        "session/private_files.py",
        "    descriptor = os.open(name, flags, 0o600, dir_fd=folder)\n    try:\n        os.fchmod(descriptor, 0o600)\n",
        "    descriptor = os.open(name, flags, 0o666, dir_fd=folder)\n    try:\n",
        FILES + "test_folder_and_file_are_the_users_alone_whatever_the_umask",
    ),
    Guard(
        "its folder is 0700 whatever the umask",
        "session/private_files.py",
        "            os.mkdir(self.path, 0o700)  # noqa: PTH102 - pathlib takes long to import\n",
        "            os.mkdir(self.path, 0o755)  # noqa: PTH102\n            return\n",
        FILES + "test_folder_and_file_are_the_users_alone_whatever_the_umask",
    ),
    Guard(
        "a file that others can read is refused",
        "session/private_files.py",
        '        if found.st_mode & _OTHERS:\n            raise StorageError(\n                f"{path} is open to other users, so it is not used. Close it: chmod 600',
        '        if False:\n            raise StorageError(\n                f"{path} is open to other users, so it is not used. Close it: chmod 600',
        FILES + "test_a_file_that_others_can_reach_is_refused_with_the_command_that_mends_it",
    ),
    Guard(
        "another user's file is refused",
        "session/private_files.py",
        '        if found.st_uid != os.geteuid():\n            raise StorageError(f"{path} belongs to another user. Remove',
        '        if False:\n            raise StorageError(f"{path} belongs to another user. Remove',
        FILES + "test_another_users_folder_or_file_is_refused",
    ),
    Guard(
        "no link is followed to a session",
        "session/private_files.py",
        "flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC",
        "flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC",
        FILES + "test_a_link_is_neither_read_nor_written_through",
    ),
    Guard(
        "no file that was there is written to",
        "session/private_files.py",
        "flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC",
        "flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC",
        FILES + "test_a_new_file_is_never_one_that_was_there",
    ),
    Guard(
        "a session is replaced whole",
        "session/private_files.py",
        "                _write_new(folder, temporary, content)\n"
        "                os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)\n",
        "                with suppress(FileNotFoundError):\n"
        "                    os.unlink(name, dir_fd=folder)\n"
        "                _write_new(folder, name, content)\n",
        "session/test_kills.py::test_a_kill_before_or_after_any_call_leaves_the_old_or_the_new_session[a refresh]",
    ),
    Guard(
        "a session is on the disk before it takes the old one's place",
        "session/private_files.py",
        "        os.fsync(descriptor)\n",
        "",
        "session/test_private_files.py::test_the_content_is_on_the_disk_before_the_name_is_and_the_name_before_it_counts",
    ),
    Guard(
        "what a killed writer left is swept away",
        "session/private_files.py",
        "            self._refuse_what_is_there(folder, name)\n            self._sweep(folder, name)\n",
        "            self._refuse_what_is_there(folder, name)\n",
        "session/test_private_files.py::test_a_kill_at_any_point_leaves_the_old_or_the_new_whole",
    ),
    # -- what comes in, and where requests go
    Guard(
        "control characters become visible",
        "terminal/safe_text.py",
        '    if category == "Cc":\n        return _control_picture(code)\n',
        "",
        "faults/test_terminal.py::test_a_pool_that_lies_writes_nothing_of_its_own_to_the_terminal[luna]",
    ),
    Guard(
        "a token is a token by its form",
        "auth/verify.py",
        "if not _SHAPE.fullmatch(token.reveal()):",
        "if False:",
        "auth/test_verify.py::test_a_token_holds_nothing_that_would_act_where_it_is_printed",
    ),
    Guard(
        "a token is this app client's",
        "auth/verify.py",
        'if access.get("client_id") != client_id:',
        "if False:",
        "auth/test_verify.py::test_a_wrong_access_token_is_refused_by_the_claim",
    ),
    Guard(
        "a token's issuer is the pool",
        "auth/verify.py",
        'if payload.get("iss") not in _issuers(user_pool_id):',
        "if False:",
        "auth/test_verify.py::test_a_wrong_access_token_is_refused_by_the_claim",
    ),
    Guard(
        "only RS256 by the pool's key counts",
        "auth/signature.py",
        'options: Any = {"verify_signature": True,',
        'options: Any = {"verify_signature": False,',
        "session/test_signatures.py::TestOneToken::test_anything_else_is_not",
    ),
    Guard(
        "keys are not fetched from where a redirect points to",
        "auth/signature.py",
        "    def redirect_request(self, *args: Any) -> None:\n        return None\n",
        "    pass\n",
        "faults/test_keys.py::test_no_fault_on_the_way_gives_keys_or_anything_but_one_error",
    ),
    Guard(
        "a key set has an end",
        "auth/signature.py",
        "content: bytes = reply.read(LARGEST_KEY_SET + 1)",
        "content: bytes = reply.read()",
        "faults/test_keys.py::test_no_fault_on_the_way_gives_keys_or_anything_but_one_error",
    ),
    Guard(
        "only https or this machine is spoken to",
        "endpoint.py",
        'parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))',
        'parts.scheme in ("https", "http")',
        "auth/test_gateway.py::test_only_https_or_this_machine_is_spoken_to",
    ),
    Guard(
        "requests are not signed with the environment's credentials",
        "auth/gateway.py",
        "        signature_version=UNSIGNED,\n",
        "",
        "faults/test_address.py::test_aws_credentials_are_neither_read_nor_run_nor_sent",
    ),
    Guard(
        "an AWS profile and its files of keys are not read",
        "auth/gateway.py",
        "return botocore.session.Session(session_vars=unread)",
        "return botocore.session.Session()",
        "faults/test_address.py::test_aws_credentials_are_neither_read_nor_run_nor_sent",
    ),
    Guard(
        "a reply has an end",
        "auth/gateway.py",
        "            if len(content) > LARGEST_REPLY:\n                raise ValueError\n",
        "",
        "faults/test_engine.py::test_a_fault_at_any_step_ends_in_words_and_the_next_try_works[ConfirmSignInWithSMSMFACode]",
    ),
    Guard(
        "a reply that is no object is none",
        "auth/gateway.py",
        '    if response_dict.get("status_code") == 200 and body.strip() and not isinstance(json.loads(body), dict):\n        raise ValueError\n',
        "",
        "faults/test_engine.py::test_a_fault_at_any_step_ends_in_words_and_the_next_try_works[ConfirmSignInWithSMSMFACode]",
    ),
    Guard(
        "an answer counts for the attempt that asked",
        "conversation.py",
        "return attempt is self.navigation.attempt and asker is self.app.asking_screen",
        "return asker is self.app.asking_screen",
        "screens/test_navigation.py::test_what_comes_for_another_attempt_counts_for_nothing",
    ),
    Guard(
        "who stops waiting goes on with an attempt of their own",
        "navigation.py",
        "            self.attempt = self.attempt.fork()\n",
        "            pass\n",
        "screens/test_navigation.py::test_a_thread_that_comes_late_takes_the_attempt_no_further",
    ),
    Guard(
        "a worker that nobody waits for is cancelled",
        "navigation.py",
        "        self.app.workers.cancel_group(self.app, REQUESTS)\n",
        "",
        "screens/test_navigation.py::test_who_stops_waiting_leaves_no_worker_that_waits",
    ),
    Guard(
        "a request has a deadline as a whole",
        "auth/deadline.py",
        "thread.join(seconds)",
        "thread.join()",
        "auth/test_deadline.py::test_work_that_does_not_end_is_left_to_itself",
    ),
)
