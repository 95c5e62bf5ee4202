"""``TOKEN=$(tui-auth token)`` without a session: the sign-in opens, closes, and the token is printed."""

from __future__ import annotations

from tests.programs import TerminalProgram
from tests.session.machine import PASSWORD, Machine, pool_flags
from tests.terminal.pty_program import PtyProgram

AGED = 3590.0


class TestOnATerminal:
    def start(self, program: TerminalProgram, *arguments: str, **variables: str | None) -> PtyProgram:
        return program.on_a_terminal(*arguments, stdout=program.home / "out", variables=variables)

    def test_sign_in_opens_and_the_token_goes_to_stdout(
        self, machine: Machine, terminal_program: TerminalProgram
    ) -> None:
        choice = machine.create_client()
        machine.create_user()
        with self.start(terminal_program, "token", *pool_flags(choice)) as program:
            program.wait_for("Username")
            program.send("ann")
            program.press("enter")
            program.send(PASSWORD)
            program.press("enter")
            assert program.wait_exit() == 0
            assert not program.full_screen
        token = (machine.home / "out").read_text()
        assert machine.is_accepted(token.strip())
        assert token.count("\n") == 1
        assert machine.run("token").stdout == token

    def test_full_screen_signs_in_with_a_remembered_device(
        self, machine: Machine, terminal_program: TerminalProgram
    ) -> None:
        device_configuration = {
            "ChallengeRequiredOnNewDevice": True,
            "DeviceOnlyRememberedOnUserPrompt": False,
        }
        machine.server.call(
            "UpdateUserPool",
            {"UserPoolId": machine.user_pool_id, "DeviceConfiguration": device_configuration},
        )
        choice = machine.create_client()
        session = machine.sign_in(choice, machine.create_user())
        assert session.record.device
        assert machine.run("sign-out").returncode == 0
        with self.start(terminal_program, "token", *pool_flags(choice), "--username", "ann") as program:
            program.wait_for("Password")
            program.send(PASSWORD)
            program.press("enter")
            assert program.wait_exit() == 0
        challenges = [
            parameters["ChallengeName"] for parameters in machine.get_calls("RespondToAuthChallenge")
        ]
        assert challenges == ["PASSWORD_VERIFIER", "DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER"]

    def test_storage_is_mentioned_once(self, machine: Machine, terminal_program: TerminalProgram) -> None:
        choice = machine.create_client()
        machine.create_user()
        for count in (1, 0):
            with self.start(terminal_program, "token", *pool_flags(choice), "--plain") as program:
                program.wait_for("Username:")
                program.send("ann\r")
                program.wait_for("Password:")
                program.send(f"{PASSWORD}\r")
                assert program.wait_exit() == 0
                assert program.screen_text().count("The session is stored in") == count
            machine.run("sign-out")

    def test_ended_session_opens_the_sign_in_for_its_user(
        self, machine: Machine, terminal_program: TerminalProgram
    ) -> None:
        machine.sign_in(aged=AGED)
        machine.server.fail_next("GetTokensFromRefreshToken", "NotAuthorizedException", "revoked")
        with self.start(terminal_program, "token", "--plain") as program:
            program.wait_for("Password:")
            assert "ann" in program.screen_text()
            program.send(f"{PASSWORD}\r")
            assert program.wait_exit() == 0
        assert machine.is_accepted((machine.home / "out").read_text().strip())

    def test_second_sign_in_waits_for_the_first_and_uses_its_session(
        self, machine: Machine, terminal_program: TerminalProgram
    ) -> None:
        choice = machine.create_client()
        machine.create_user()
        with self.start(terminal_program, "token", *pool_flags(choice), "--plain") as first:
            first.wait_for("Username:")
            with terminal_program.on_a_terminal(
                "token", *pool_flags(choice), stdout=machine.home / "other"
            ) as second:
                second.wait_for(f"Another sign-in to {choice.user_pool_id} is open in process {first.pid}")
                first.send("ann\r")
                first.wait_for("Password:")
                first.send(f"{PASSWORD}\r")
                assert first.wait_exit() == 0
                assert second.wait_exit() == 0
                assert "Username" not in second.screen_text()
        assert (machine.home / "other").read_text() == (machine.home / "out").read_text() != ""

    def test_canceling_exits_with_6_and_prints_nothing(
        self, machine: Machine, terminal_program: TerminalProgram
    ) -> None:
        with self.start(terminal_program, "token", *pool_flags(machine.create_client())) as program:
            program.wait_for("Username")
            program.press("ctrl+q")
            assert program.wait_exit() == 6
        assert (machine.home / "out").read_text() == ""

    def test_login_never_opens_no_sign_in(self, machine: Machine, terminal_program: TerminalProgram) -> None:
        with self.start(
            terminal_program, "token", "--login", "never", *pool_flags(machine.create_client())
        ) as program:
            assert program.wait_exit() == 4
            assert "Not signed in." in program.screen_text()

    def test_without_a_pool_it_exits_with_3(
        self, machine: Machine, terminal_program: TerminalProgram
    ) -> None:
        with self.start(terminal_program, "token") as program:
            assert program.wait_exit() == 3

    def test_storage_none_stores_nothing(self, machine: Machine, terminal_program: TerminalProgram) -> None:
        machine.create_user()
        storage = {"TUI_AUTH_STORAGE": "none"}
        with self.start(
            terminal_program, "token", *pool_flags(machine.create_client()), "--plain", **storage
        ) as program:
            program.wait_for("Username:")
            program.send("ann\r")
            program.wait_for("Password:")
            program.send(f"{PASSWORD}\r")
            assert program.wait_exit() == 0
        assert machine.is_accepted((machine.home / "out").read_text().strip())
        assert not list(machine.state_folder.glob("?" * 64 + ".json"))

    def test_storage_error_is_reported_and_the_token_is_printed(
        self, machine: Machine, terminal_program: TerminalProgram
    ) -> None:
        machine.create_user()
        unwritable = {"XDG_STATE_HOME": "/proc/no/such/place"}
        with self.start(
            terminal_program, "token", *pool_flags(machine.create_client()), "--plain", **unwritable
        ) as program:
            program.wait_for("Username:")
            program.send("ann\r")
            program.wait_for("Password:")
            program.send(f"{PASSWORD}\r")
            assert program.wait_exit() == 0
            assert "The session isn't stored." in program.screen_text()
        assert machine.is_accepted((machine.home / "out").read_text().strip())

    def test_folder_open_to_others_exits_with_9_without_a_sign_in(
        self, machine: Machine, terminal_program: TerminalProgram
    ) -> None:
        machine.state_folder.mkdir(parents=True)
        machine.state_folder.chmod(0o755)
        with self.start(
            terminal_program, "token", *pool_flags(machine.create_client()), "--plain"
        ) as program:
            assert program.wait_exit() == 9
            assert "Other users can access" in program.screen_text()
