"""Pool resolution: the precedence of the sources, and the settings that each one adds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.config.conftest import Home
from tui_auth.config.files import ConfigurationError, NoPoolError, SourceKind
from tui_auth.config.resolver import resolve_pool, resolve_saved_profile

Put = Callable[..., Path]

PROFILES = """\
[profiles.acme]
user_pool_id = "eu-west-1_Acme1"
client_id = "acmeclient"
auth_flow = "USER_AUTH"
identity_pool_id = "eu-west-1:01234567"
username = "ann"

[profiles.other]
user_pool_id = "us-east-1_Other"
client_id = "otherclient"
"""
LOCAL_URL = "http://127.0.0.1:9"
FLAGS = ("--user-pool-id", "eu-central-1_Flag", "--client-id", "flagclient")
VARIABLES = {"TUI_AUTH_USER_POOL_ID": "sa-east-1_Env", "TUI_AUTH_CLIENT_ID": "envclient"}
SESSION = {"user_pool_id": "eu-north-1_Last", "client_id": "lastclient", "region": "eu-north-1"}


def test_sources_have_their_order_of_precedence(home: Home, put_amplify_file: Put) -> None:
    home.write_config(PROFILES)
    put_amplify_file("amplify_outputs.json", home.folder)
    profile = {"TUI_AUTH_PROFILE": "acme"}
    assert home.resolve(*FLAGS, variables=VARIABLES | profile).user_pool_id == "eu-central-1_Flag"
    assert home.resolve(variables=VARIABLES | profile).user_pool_id == "sa-east-1_Env"
    assert home.resolve("--profile", "other", variables=profile).user_pool_id == "us-east-1_Other"
    assert home.resolve(variables=profile, current_session=lambda: SESSION).user_pool_id == "eu-west-1_Acme1"
    assert home.resolve(current_session=lambda: SESSION).user_pool_id == "eu-west-1_Gen2Pool1"
    assert home.resolve(folder=Path("/"), current_session=lambda: SESSION).user_pool_id == "eu-north-1_Last"
    with pytest.raises(NoPoolError, match=r"--profile \(acme, other\)"):
        home.resolve(folder=Path("/"))


def test_default_profile_precedes_an_amplify_file_with_a_note(home: Home, put_amplify_file: Put) -> None:
    home.write_config('default_profile = "other"\n' + PROFILES)
    put_amplify_file("amplify_outputs.json", home.folder)
    choice = home.resolve()
    assert choice.profile == "other"
    assert choice.notes == (
        "Using the default profile other; "
        f"{home.folder / 'amplify_outputs.json'} was ignored. "
        "`tui-auth profile use --none` removes the default.",
    )


def test_only_profile_is_used_if_no_other_source_has_a_pool(home: Home, put_amplify_file: Put) -> None:
    home.write_config(PROFILES.split("\n\n")[0])
    assert home.resolve().profile == "acme"
    put_amplify_file("amplify_outputs.json", home.folder)
    assert home.resolve().profile is None


def test_note_names_the_amplify_file(home: Home, put_amplify_file: Put) -> None:
    path = put_amplify_file("aws-exports.js", home.folder / "src")
    choice = home.resolve(folder=home.folder / "src")
    assert choice.notes == (f"The user pool is the one in {path}.",)
    assert choice.mfa_methods == ("SMS", "TOTP")
    assert choice.username_label == "Phone"
    assert choice.password_policy
    assert choice.password_policy.min_length == 8


def test_secret_of_an_amplify_file_is_read_in_place(home: Home, put_amplify_file: Put) -> None:
    path = put_amplify_file("amplifyconfiguration.json", home.folder)
    choice = home.resolve()
    assert choice.client_secret_file == path
    assert choice.client_secret
    assert choice.client_secret.reveal() == "native-app-client-secret"
    assert "native-app-client-secret" not in repr(choice)
    assert list(home.folder.iterdir()) == [path]


def test_secret_from_elsewhere_never_goes_to_the_domain_of_an_amplify_file(
    home: Home, put_amplify_file: Put, tmp_path: Path
) -> None:
    path = put_amplify_file("amplify_outputs.json", home.folder)
    secret = tmp_path / "secret"
    secret.write_text("from-the-environment")
    secret.chmod(0o600)
    variables = {"TUI_AUTH_CLIENT_SECRET_FILE": str(secret)}
    choice = home.resolve(variables=variables)
    assert choice.client_secret
    assert "domain" not in choice.browser
    (note,) = (note for note in choice.notes if "domain" in note)
    for part in (f"{path}:27 ", "TUI_AUTH_CLIENT_SECRET_FILE", "--domain"):
        assert part in note
    own = {**variables, "TUI_AUTH_DOMAIN": "own"}
    assert home.resolve(variables=own).browser["domain"] == "own"
    assert home.resolve().browser["domain"] == "https://shop.auth.eu-west-1.amazoncognito.com"


def test_secret_from_elsewhere_never_goes_to_the_endpoint_of_an_amplify_file(
    home: Home, put_amplify_file: Put, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from-the-environment")
    secret.chmod(0o600)
    flag = ("--client-secret-file", str(secret))
    place = '"AppClientId": "3native3native3native3nat",'
    put_amplify_file(
        "amplifyconfiguration.json",
        home.folder,
        changes={place: f'{place} "Endpoint": "cognito.example.com",'},
    )
    with pytest.raises(ConfigurationError, match="client secret from --client-secret-file"):
        home.resolve(*flag)
    assert home.resolve(*flag, "--endpoint-url", LOCAL_URL).endpoint_url == LOCAL_URL
    assert home.resolve().endpoint_url == "https://cognito.example.com"


def test_region_of_the_pool_id_precedes_aws_variables(home: Home) -> None:
    variables = {"AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "us-west-2"}
    choice = home.resolve(*FLAGS, variables=variables)
    assert choice.region == "eu-central-1"
    assert choice.origins["region"].kind is SourceKind.DERIVED
    assert home.resolve(*FLAGS, variables={"TUI_AUTH_REGION": "eu-west-3"}).region == "eu-west-3"
    assert home.resolve(*FLAGS, "--region", "eu-west-2").region == "eu-west-2"


def test_flags_for_the_profiles_pool_keep_its_other_settings(home: Home) -> None:
    home.write_config(PROFILES)
    choice = home.resolve("--profile", "acme", "--client-id", "acmeclient")
    assert (choice.auth_flow, choice.identity_pool_id) == ("USER_AUTH", "eu-west-1:01234567")


@pytest.mark.parametrize("source", ["flag", "variable"])
def test_selected_profile_without_a_pool_is_an_error(home: Home, put_amplify_file: Put, source: str) -> None:
    home.write_config('# mine\n[profiles.acme]\nclient_id = "acmeclient"\n')
    put_amplify_file("amplify_outputs.json", home.folder)
    flags = ("--profile", "acme") if source == "flag" else ()
    variables = {} if source == "flag" else {"TUI_AUTH_PROFILE": "acme"}
    with pytest.raises(ConfigurationError) as error:
        home.resolve(*flags, variables=variables, current_session=lambda: SESSION)
    assert str(error.value).startswith(f"{home.config}, line 2: ")
    assert 'user_pool_id = "…"' in str(error.value)
    assert "--user-pool-id" in str(error.value)
    choice = home.resolve(*flags, "--user-pool-id", "eu-west-1_Any", variables=variables)
    assert (choice.user_pool_id, choice.client_id) == ("eu-west-1_Any", "acmeclient")


def test_error_for_a_profile_without_a_client_has_its_line(home: Home) -> None:
    home.write_config('[profiles.acme]\nuser_pool_id = "eu-west-1_Acme1"\n')
    with pytest.raises(ConfigurationError, match=r"line 2: .*client_id = ") as error:
        home.resolve("--profile", "acme", current_session=lambda: SESSION)
    assert not isinstance(error.value, NoPoolError), "the current session's pool must not be used instead"


def test_profile_with_the_pool_is_the_one_in_use(home: Home) -> None:
    home.write_config(
        'default_profile = "b"\n[profiles.a]\nuser_pool_id = "eu-west-1_Acme1"\n'
        '[profiles.b]\nuser_pool_id = "eu-west-1_Acme1"\nclient_id = "b"\n'
    )
    choice = home.resolve("--profile", "a")
    assert (choice.profile, choice.client_id) == ("a", "b")
    assert choice.notes == ()


@pytest.mark.parametrize("flag", ["--profile", "--user-pool-id", "--client-id", "--username", "--region"])
def test_empty_flag_is_an_error(home: Home, put_amplify_file: Put, flag: str) -> None:
    put_amplify_file("amplify_outputs.json", home.folder)
    for empty in ("", " "):
        with pytest.raises(ConfigurationError) as error:
            home.resolve(flag, empty)
        assert str(error.value).startswith(f"{flag} is empty.")


def test_saved_profile_precedes_flags_and_variables(home: Home) -> None:
    home.write_config(PROFILES)
    variables = {**VARIABLES, "TUI_AUTH_ENDPOINT_URL": LOCAL_URL, "AWS_ENDPOINT_URL": LOCAL_URL}
    flags = {
        "user_pool_id": "eu-central-1_Flag",
        "auth_flow": "CUSTOM_WITH_SRP",
        "client_secret_file": "/gone",
        "app_name": "Shop",
    }
    choice = resolve_saved_profile("acme", flags, home.environ | variables)
    assert (choice.user_pool_id, choice.client_id, choice.profile) == (
        "eu-west-1_Acme1",
        "acmeclient",
        "acme",
    )
    assert (choice.auth_flow, choice.client_secret_file) == ("USER_AUTH", None)
    assert choice.app_name == "Shop"


def test_removed_current_folder_does_not_prevent_resolution(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed = tmp_path / "gone"
    removed.mkdir()
    monkeypatch.chdir(removed)
    removed.rmdir()
    flags = {"user_pool_id": "eu-central-1_Flag", "client_id": "c"}
    assert resolve_pool(flags, home.environ).client_id == "c"
    with pytest.raises(NoPoolError):
        resolve_pool({}, home.environ)
    flags["client_secret_file"] = "secret"
    with pytest.raises(ConfigurationError, match="the current folder was removed"):
        resolve_pool(flags, home.environ)


def test_flags_for_another_client_drop_the_clients_settings(home: Home) -> None:
    home.write_config(PROFILES)
    choice = home.resolve("--profile", "acme", "--client-id", "another")
    assert (choice.client_id, choice.user_pool_id) == ("another", "eu-west-1_Acme1")
    assert choice.auth_flow is None
    assert choice.identity_pool_id == "eu-west-1:01234567"


def test_flags_for_another_pool_keep_only_the_user_name(home: Home) -> None:
    home.write_config(PROFILES)
    choice = home.resolve("--profile", "acme", *FLAGS)
    assert choice.username == "ann"
    assert (choice.auth_flow, choice.identity_pool_id, choice.region) == (None, None, "eu-central-1")


def test_flag_for_another_pool_does_not_use_the_files_client(home: Home, put_amplify_file: Put) -> None:
    put_amplify_file("amplify_outputs.json", home.folder)
    with pytest.raises(NoPoolError, match=r"from --user-pool-id\. .*--client-id"):
        home.resolve("--user-pool-id", "eu-west-1_Another")


def test_endpoint_variable_applies_to_a_pool_from_flags(home: Home) -> None:
    variables = {**VARIABLES, "TUI_AUTH_ENDPOINT_URL": "http://127.0.0.1:9"}
    assert home.resolve(*FLAGS, variables=variables).endpoint_url == "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("flags", "variables", "message"),
    [
        (("--user-pool-id", "pool", "--client-id", "c"), {}, "--user-pool-id: "),
        (FLAGS, {"TUI_AUTH_ENDPOINT_URL": "http://example.com"}, "TUI_AUTH_ENDPOINT_URL: "),
        (FLAGS, {"TUI_AUTH_SESSION_MINUTES": "hunter2"}, "TUI_AUTH_SESSION_MINUTES: "),
        (("--profile", "gone"), {}, "--profile: "),
        (
            (*FLAGS, "--client-secret-file", "/nonexistent"),
            {},
            "--client-secret-file: ",
        ),
        (
            (*FLAGS, "--client-secret-file", "~nosuchuser/x"),
            {},
            "--client-secret-file: ",
        ),
        ((*FLAGS, "--client-secret-file", "/dev/null"), {}, "/dev/null: "),
        ((), {}, "--user-pool-id and --client-id"),
    ],
)
def test_error_is_one_sentence_without_the_value(
    home: Home, flags: tuple[str, ...], variables: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigurationError) as error:
        home.resolve(*flags, variables=variables, folder=Path("/"))
    assert message in str(error.value)
    assert "hunter2" not in str(error.value)
    assert "\n" not in str(error.value)


def test_every_value_has_its_origin(home: Home, put_amplify_file: Put) -> None:
    path = put_amplify_file("amplify_outputs.json", home.folder)
    choice = home.resolve("--username", "ann", variables={"TUI_AUTH_REGION": "eu-west-3"})
    origins = {name: str(origin) for name, origin in choice.origins.items()}
    assert origins["username"] == "--username"
    assert origins["region"] == "TUI_AUTH_REGION"
    assert origins["user_pool_id"] == f"{path}:4"
    assert origins["password_policy"] == f"{path}:14"
    home.write_config(PROFILES)
    assert str(home.resolve("--profile", "acme").origins["client_id"]) == f"profile acme, {home.config}:3"


def test_no_file_is_read_if_flags_specify_the_pool(home: Home, put_amplify_file: Put) -> None:
    home.write_config("not TOML")
    put_amplify_file("amplify_outputs.json", home.folder, changes={"{": ""})
    assert home.resolve(*FLAGS).user_pool_id == "eu-central-1_Flag"


def test_aws_endpoint_variables_apply_unless_ours_is_set(home: Home) -> None:
    aws = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": LOCAL_URL}
    choice = home.resolve(*FLAGS, variables=aws)
    assert choice.endpoint_url == LOCAL_URL
    assert str(choice.origins["endpoint_url"]) == "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"
    assert home.resolve(*FLAGS, variables={"AWS_ENDPOINT_URL": LOCAL_URL}).endpoint_url == LOCAL_URL
    ignored = aws | {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}
    assert home.resolve(*FLAGS, variables=ignored).endpoint_url is None
    override = aws | {"TUI_AUTH_ENDPOINT_URL": "https://idp.example.com"}
    assert home.resolve(*FLAGS, variables=override).endpoint_url == "https://idp.example.com"


def test_profile_of_the_current_sessions_client_adds_its_settings(home: Home) -> None:
    ids = {"user_pool_id": "eu-west-1_Last", "client_id": "last"}
    home.write_config(
        '[profiles.other]\nuser_pool_id = "eu-west-1_Last"\nclient_id = "else"\nauth_flow = "USER_AUTH"\n'
        '[profiles.main]\nuser_pool_id = "eu-west-1_Last"\nclient_id = "last"\n'
        'auth_flow = "USER_PASSWORD_AUTH"\nusername = "bob"\n'
    )
    choice = home.resolve(current_session=lambda: {**ids, "username": "ann"})
    assert (choice.client_id, choice.auth_flow, choice.username) == ("last", "USER_PASSWORD_AUTH", "ann")
    assert str(choice.origins["user_pool_id"]) == "the last sign-in"
    home.write_config(
        '[profiles.main]\nuser_pool_id = "eu-west-1_Last"\nclient_id = "last"\nauth_flow = "X"\n'
    )
    assert home.resolve(current_session=lambda: ids).auth_flow is None, "an invalid profile is ignored"
